"""Exercises on single numbers: formulas, questions, choices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.benchmarks.domain.families.exercises import Args, Exercise, exercise_family
from apps.benchmarks.domain.families.samples import integer

if TYPE_CHECKING:
    import random

    from apps.benchmarks.domain.families.base import Family


def _one(rng: random.Random) -> Args:
    return (integer(rng),)


def _two(rng: random.Random) -> Args:
    return (integer(rng), integer(rng))


def _two_sizes(rng: random.Random) -> Args:
    return (integer(rng, 1, 60), integer(rng, 1, 60))


ARITHMETIC = (
    Exercise(
        slug="sum-of-two",
        names=("add", "sum_of_two", "add_numbers", "plus"),
        params="a, b",
        does="returns the sum of the numbers `a` and `b`",
        body="return a + b",
        broken=("return a - b", "return a + a"),
        solve=lambda a, b: a + b,
        edges=((2, 3), (-4, 1), (0, 0)),
        sample=_two,
    ),
    Exercise(
        slug="product-of-two",
        names=("multiply", "product", "times"),
        params="a, b",
        does="returns the product of the numbers `a` and `b`",
        body="return a * b",
        broken=("return a + b", "return a ** b if b > 0 else 0"),
        solve=lambda a, b: a * b,
        edges=((3, 4), (-2, 6), (7, 0)),
        sample=_two,
    ),
    Exercise(
        slug="difference",
        names=("subtract", "difference", "minus"),
        params="a, b",
        does="returns `a` minus `b`",
        body="return a - b",
        broken=("return b - a", "return abs(a - b)"),
        solve=lambda a, b: a - b,
        edges=((9, 4), (2, 5), (-1, -1)),
        sample=_two,
    ),
    Exercise(
        slug="square",
        names=("square", "squared", "square_number"),
        params="n",
        does="returns the square of the integer `n`",
        body="return n * n",
        broken=("return n * 2", "return n ** n if n > 0 else 0"),
        solve=lambda n: n**2,
        edges=((3,), (-5,), (0,)),
        sample=_one,
    ),
    Exercise(
        slug="cube",
        names=("cube", "cubed", "third_power"),
        params="n",
        does="returns the integer `n` raised to the power of three",
        body="return n * n * n",
        broken=("return n * 3", "return abs(n ** 3)"),
        solve=lambda n: n**3,
        edges=((3,), (-2,), (0,)),
        sample=_one,
    ),
    Exercise(
        slug="rectangle-area",
        names=("rectangle_area", "area", "floor_area"),
        params="width, height",
        does="returns the area of a rectangle with the given width and height",
        body="return width * height",
        broken=("return width + height", "return 2 * (width + height)"),
        solve=lambda width, height: width * height,
        edges=((2, 3), (7, 1), (0, 5)),
        sample=_two_sizes,
    ),
    Exercise(
        slug="rectangle-perimeter",
        names=("perimeter", "fence_length", "border_length"),
        params="width, height",
        does="returns the perimeter of a rectangle: the length of all four sides",
        body="return 2 * (width + height)",
        broken=("return width + height", "return 2 * width + height"),
        solve=lambda width, height: 2 * width + 2 * height,
        edges=((2, 3), (7, 1), (0, 5)),
        sample=_two_sizes,
        difficulty="medium",
    ),
    Exercise(
        slug="unit-conversion",
        names=("convert", "to_smaller_unit", "convert_units"),
        params="amount",
        does="returns `amount` converted to a unit of which $factor make one",
        body="return amount * $factor",
        broken=("return amount / $factor", "return amount + $factor"),
        solve=lambda amount, factor: amount * factor,
        edges=((2,), (1,), (0,)),
        sample=_one,
        constants={"factor": (12, 16, 24, 60, 100, 1000)},
        difficulty="medium",
    ),
)

PREDICATES = (
    Exercise(
        slug="even",
        names=("is_even", "check_even", "even"),
        params="n",
        does="returns True if the integer `n` is even and False otherwise",
        body="return n % 2 == 0",
        broken=("return n % 2 == 1", "return n > 0 and n % 2 == 0"),
        solve=lambda n: not n & 1,
        edges=((4,), (7,), (0,), (-2,), (-3,)),
        sample=_one,
    ),
    Exercise(
        slug="odd",
        names=("is_odd", "check_odd", "odd"),
        params="n",
        does="returns True if the integer `n` is odd and False otherwise",
        body="return n % 2 != 0",
        broken=("return n % 2 == 0", "return n > 0 and n % 2 == 1"),
        solve=lambda n: bool(n & 1),
        edges=((7,), (4,), (0,), (-2,), (-3,)),
        sample=_one,
    ),
    Exercise(
        slug="positive",
        names=("is_positive", "above_zero", "check_positive"),
        params="n",
        does="returns True if the number `n` is greater than zero and False otherwise",
        body="return n > 0",
        broken=("return n >= 0", "return n < 0"),
        solve=lambda n: n > 0,
        edges=((5,), (-1,), (0,)),
        sample=_one,
    ),
    Exercise(
        slug="negative",
        names=("is_negative", "below_zero", "check_negative"),
        params="n",
        does="returns True if the number `n` is less than zero and False otherwise",
        body="return n < 0",
        broken=("return n <= 0", "return n > 0"),
        solve=lambda n: n < 0,
        edges=((-5,), (1,), (0,)),
        sample=_one,
    ),
    Exercise(
        slug="divisible-by",
        names=("is_divisible", "divides_evenly", "is_multiple"),
        params="n",
        does="returns True if the integer `n` is divisible by $divisor and False"
        " otherwise",
        body="return n % $divisor == 0",
        broken=("return n % $divisor != 0", "return n / $divisor == 1"),
        solve=lambda n, divisor: n % divisor == 0,
        edges=((210,), (211,), (0,), (-420,)),
        sample=_one,
        constants={"divisor": (3, 5, 7, 10)},
    ),
    Exercise(
        slug="at-least",
        names=("is_allowed", "reaches_limit", "passes"),
        params="value",
        does="returns True if `value` is at least $limit and False otherwise",
        body="return value >= $limit",
        broken=("return value > $limit", "return value <= $limit"),
        solve=lambda value, limit: not value < limit,
        edges=((100,), (3,), (12,), (16,), (18,), (21,)),
        sample=_one,
        constants={"limit": (12, 16, 18, 21)},
    ),
)

CHOICES = (
    Exercise(
        slug="larger-of-two",
        names=("maximum", "larger", "bigger"),
        params="a, b",
        does="returns the larger of the numbers `a` and `b`",
        body="return a if a > b else b",
        broken=("return a if a < b else b", "return a"),
        solve=max,
        edges=((3, 8), (5, 2), (4, 4), (-3, -9)),
        sample=_two,
    ),
    Exercise(
        slug="smaller-of-two",
        names=("minimum", "smaller", "lesser"),
        params="a, b",
        does="returns the smaller of the numbers `a` and `b`",
        body="return a if a < b else b",
        broken=("return a if a > b else b", "return b"),
        solve=min,
        edges=((3, 8), (5, 2), (4, 4), (-3, -9)),
        sample=_two,
    ),
    Exercise(
        slug="absolute-value",
        names=("absolute", "magnitude", "absolute_value"),
        params="n",
        does="returns the absolute value of the integer `n`",
        body="return -n if n < 0 else n",
        broken=("return -n", "return n"),
        solve=abs,
        edges=((-7,), (4,), (0,)),
        sample=_one,
    ),
    Exercise(
        slug="clamp",
        names=("clamp", "limit", "keep_within"),
        params="value, low, high",
        does="returns `value` if it lies from `low` to `high`, `low` if it is less"
        " than `low`, and `high` if it is greater than `high`",
        body="return max(low, min(value, high))",
        broken=("return min(low, max(value, high))", "return min(value, high)"),
        solve=lambda value, low, high: sorted((low, value, high))[1],
        edges=((5, 1, 10), (-3, 0, 4), (9, 0, 4), (4, 4, 4)),
        sample=lambda rng: (integer(rng), integer(rng, -30, 0), integer(rng, 1, 30)),
        difficulty="medium",
    ),
    Exercise(
        slug="sign-word",
        names=("sign_word", "describe_sign", "sign_name"),
        params="n",
        does="returns 'positive' if `n` is greater than 0, 'negative' if it is less"
        " than 0, and 'zero' if it is 0",
        body="""
            if n > 0:
                return 'positive'
            if n < 0:
                return 'negative'
            return 'zero'
            """,
        broken=(
            """
                if n >= 0:
                    return 'positive'
                return 'negative'
                """,
            "return 'positive' if n > 0 else 'zero'",
        ),
        solve=lambda n: ("zero", "positive", "negative")[(n > 0) - (n < 0)],
        edges=((3,), (-8,), (0,)),
        sample=_one,
    ),
)

SCALARS: tuple[Family, ...] = (
    exercise_family("arithmetic", "Formulas of one line", ARITHMETIC, tasks=3),
    exercise_family("number-question", "Yes or no about a number", PREDICATES, tasks=3),
    exercise_family("choose-number", "Choices between numbers", CHOICES, tasks=2),
)
