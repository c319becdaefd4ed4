"""Exercises on lists of numbers: one value, some items, every item."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from apps.benchmarks.domain.families.exercises import Args, Exercise, exercise_family
from apps.benchmarks.domain.families.samples import integer, integers

if TYPE_CHECKING:
    import random

    from apps.benchmarks.domain.families.base import Family


def _numbers(rng: random.Random) -> Args:
    return (integers(rng),)


def _some_numbers(rng: random.Random) -> Args:
    return (integers(rng, least=1),)


FOLDS = (
    Exercise(
        slug="largest",
        names=("largest", "find_max", "highest"),
        params="values",
        does="returns the largest number of the non-empty list `values`",
        body="return max(values)",
        broken=(
            """
                best = 0
                for value in values:
                    if value > best:
                        best = value
                return best
                """,
            "return sorted(values)[0]",
        ),
        solve=max,
        edges=(([3, 9, 4],), ([-5, -2, -8],), ([7],)),
        sample=_some_numbers,
    ),
    Exercise(
        slug="smallest",
        names=("smallest", "find_min", "lowest"),
        params="values",
        does="returns the smallest number of the non-empty list `values`",
        body="return min(values)",
        broken=(
            """
                best = 0
                for value in values:
                    if value < best:
                        best = value
                return best
                """,
            "return values[0]",
        ),
        solve=min,
        edges=(([3, 9, 1],), ([5, 2, 8],), ([7],)),
        sample=_some_numbers,
    ),
    Exercise(
        slug="total",
        names=("total", "sum_all", "sum_list"),
        params="values",
        does="returns the sum of the numbers in the list `values`, which is 0 for an"
        " empty list",
        body="return sum(values)",
        broken=(
            "return sum(values[1:])",
            """
                total = 1
                for value in values:
                    total += value
                return total
                """,
        ),
        solve=sum,
        edges=(([1, 2, 3],), ([],), ([-4, 4],)),
        sample=_numbers,
    ),
    Exercise(
        slug="mean",
        names=("average", "mean", "mean_value"),
        params="values",
        does="returns the arithmetic mean of the non-empty list of numbers `values`",
        body="return sum(values) / len(values)",
        broken=("return sum(values) // len(values)", "return sum(values) / 2"),
        solve=lambda values: math.fsum(values) / len(values),
        edges=(([1, 2],), ([4, 4, 7],), ([3],)),
        sample=_some_numbers,
        tolerance=1e-9,
    ),
    Exercise(
        slug="spread",
        names=("spread", "value_range", "max_difference"),
        params="values",
        does="returns the difference between the largest and the smallest number of"
        " the non-empty list `values`",
        body="return max(values) - min(values)",
        broken=("return values[-1] - values[0]", "return max(values) - len(values)"),
        solve=lambda values: max(a - b for a in values for b in values),
        edges=(([3, 9, 4],), ([-5, -2, -8],), ([7],)),
        sample=_some_numbers,
    ),
    Exercise(
        slug="count-above",
        names=("count_above", "how_many_above", "count_large"),
        params="values",
        does="returns how many numbers of the list `values` are greater than $limit",
        body="return sum(1 for value in values if value > $limit)",
        broken=(
            "return sum(1 for value in values if value >= $limit)",
            "return sum(value for value in values if value > $limit)",
        ),
        solve=lambda values, limit: len([value for value in values if value > limit]),
        edges=(([1, 60, 70, 3],), ([],), ([0, 5, 10, 20],)),
        sample=_numbers,
        constants={"limit": (0, 5, 10, 20)},
        difficulty="medium",
    ),
)

FILTERS = (
    Exercise(
        slug="keep-even",
        names=("even_numbers", "keep_even", "only_even"),
        params="values",
        does="returns a list of the even numbers of the list `values`, in the same"
        " order",
        body="return [value for value in values if value % 2 == 0]",
        broken=(
            "return [value for value in values if value % 2]",
            "return sorted(value for value in values if value % 2 == 0)",
        ),
        solve=lambda values: [value for value in values if not value & 1],
        edges=(([1, 2, 3, 4],), ([],), ([6, -2, 0, 5],)),
        sample=_numbers,
    ),
    Exercise(
        slug="keep-odd",
        names=("odd_numbers", "keep_odd", "only_odd"),
        params="values",
        does="returns a list of the odd numbers of the list `values`, in the same"
        " order",
        body="return [value for value in values if value % 2 != 0]",
        broken=(
            "return [value for value in values if value % 2 == 0]",
            "return [value for value in values if value > 0 and value % 2 == 1]",
        ),
        solve=lambda values: [value for value in values if value & 1],
        edges=(([1, 2, 3, 4],), ([],), ([-3, 7, 0],)),
        sample=_numbers,
    ),
    Exercise(
        slug="keep-positive",
        names=("positive_numbers", "keep_positive", "only_positive"),
        params="values",
        does="returns a list of the numbers of the list `values` that are greater than"
        " zero, in the same order",
        body="return [value for value in values if value > 0]",
        broken=(
            "return [value for value in values if value >= 0]",
            "return [abs(value) for value in values]",
        ),
        solve=lambda values: [value for value in values if value > 0],
        edges=(([3, -1, 2],), ([],), ([0, -2],)),
        sample=_numbers,
    ),
    Exercise(
        slug="keep-below",
        names=("below_limit", "keep_small", "only_small"),
        params="values, limit",
        does="returns a list of the numbers of the list `values` that are less than"
        " `limit`, in the same order",
        body="return [value for value in values if value < limit]",
        broken=(
            "return [value for value in values if value <= limit]",
            "return [value for value in values if value > limit]",
        ),
        solve=lambda values, limit: [value for value in values if limit > value],
        edges=(([5, 1, 8, 3], 5), ([], 3), ([4, 4, 2], 4)),
        sample=lambda rng: (integers(rng), integer(rng, -20, 20)),
    ),
    Exercise(
        slug="without-value",
        names=("without", "remove_all", "drop_value"),
        params="values, unwanted",
        does="returns a list of the numbers of the list `values` that are not equal to"
        " `unwanted`, in the same order",
        body="return [value for value in values if value != unwanted]",
        broken=(
            "return [value for value in values if value == unwanted]",
            """
                rest = list(values)
                if unwanted in rest:
                    rest.remove(unwanted)
                return rest
                """,
        ),
        solve=lambda values, unwanted: [v for v in values if v - unwanted],
        edges=(([1, 2, 1, 3], 1), ([], 4), ([5, 5], 5), ([2, 3], 9)),
        sample=lambda rng: (integers(rng, 0, 4), integer(rng, 0, 4)),
    ),
)

MAPS = (
    Exercise(
        slug="double-each",
        names=("double_all", "doubled", "twice_each"),
        params="values",
        does="returns a list in which every number of the list `values` is doubled",
        body="return [value * 2 for value in values]",
        broken=("return values * 2", "return [value ** 2 for value in values]"),
        solve=lambda values: [value + value for value in values],
        edges=(([1, 2, 3],), ([],), ([-4, 0],)),
        sample=_numbers,
    ),
    Exercise(
        slug="square-each",
        names=("square_all", "squares", "squared_list"),
        params="values",
        does="returns a list with the square of every number of the list `values`",
        body="return [value ** 2 for value in values]",
        broken=(
            "return [value * 2 for value in values]",
            "return [value ** 2 for value in values if value > 0]",
        ),
        solve=lambda values: [value * value for value in values],
        edges=(([1, 2, 3],), ([],), ([-4, 0],)),
        sample=_numbers,
    ),
    Exercise(
        slug="add-to-each",
        names=("add_to_all", "shift_values", "increase_all"),
        params="values, amount",
        does="returns a list in which `amount` is added to every number of the list"
        " `values`",
        body="return [value + amount for value in values]",
        broken=(
            "return values + [amount]",
            "return [value * amount for value in values]",
        ),
        solve=lambda values, amount: [amount + value for value in values],
        edges=(([1, 2, 3], 5), ([], 2), ([-4, 0], -1)),
        sample=lambda rng: (integers(rng), integer(rng)),
    ),
    Exercise(
        slug="negate-each",
        names=("negate_all", "flip_signs", "negated"),
        params="values",
        does="returns a list in which every number of the list `values` has the"
        " opposite sign",
        body="return [-value for value in values]",
        broken=(
            "return [-abs(value) for value in values]",
            "return values[::-1]",
        ),
        solve=lambda values: [0 - value for value in values],
        edges=(([1, -2, 3],), ([],), ([-4, 0],)),
        sample=_numbers,
    ),
    Exercise(
        slug="pairwise-sum",
        names=("add_lists", "pairwise_sum", "sum_pairs"),
        params="first, second",
        does="returns a list with the sums of the numbers at the same position in the"
        " equally long lists `first` and `second`",
        body="return [a + b for a, b in zip(first, second)]",
        broken=(
            "return first + second",
            "return [a * b for a, b in zip(first, second)]",
        ),
        solve=lambda first, second: [
            first[place] + second[place] for place in range(len(first))
        ],
        edges=(([1, 2], [10, 20]), ([], []), ([-4, 0, 3], [4, 1, 3])),
        sample=lambda rng: (
            integers(rng, least=5, most=5),
            integers(rng, least=5, most=5),
        ),
        difficulty="medium",
    ),
)

LISTS: tuple[Family, ...] = (
    exercise_family("list-to-value", "One value of a list", FOLDS, tasks=3),
    exercise_family("list-filter", "Some items of a list", FILTERS, tasks=1),
    exercise_family("list-map", "Every item of a list", MAPS, tasks=2),
)
