"""Exercises on the properties of integers."""

from __future__ import annotations

import math

from apps.benchmarks.domain.families.exercises import Exercise, exercise_family
from apps.benchmarks.domain.families.samples import integer


def _fibonacci(n: int) -> int:
    before, current = 0, 1
    for _ in range(n):
        before, current = current, before + current
    return before


def _is_prime(n: int) -> bool:
    return n > 1 and all(n % divisor for divisor in range(2, math.isqrt(n) + 1))


def _is_leap(year: int) -> bool:
    return year % 400 == 0 or (year % 4 == 0 and year % 100 != 0)


NUMBERS = (
    Exercise(
        slug="factorial",
        names=("factorial", "product_up_to", "fact"),
        params="n",
        does="returns the factorial of the integer `n`, which is not negative; the"
        " factorial of 0 is 1",
        body="""
            result = 1
            for factor in range(2, n + 1):
                result *= factor
            return result
            """,
        broken=(
            """
                result = 1
                for factor in range(2, n):
                    result *= factor
                return result
                """,
            "return n * (n - 1)",
        ),
        solve=math.factorial,
        edges=((5,), (0,), (1,), (20,)),
        sample=lambda rng: (integer(rng, 0, 25),),
    ),
    Exercise(
        slug="fibonacci",
        names=("fibonacci", "fib", "fibonacci_number"),
        params="n",
        does="returns the Fibonacci number with the index `n`, which is not negative:"
        " index 0 gives 0, index 1 gives 1, and every other one is the sum of the two"
        " before it",
        body="""
            a, b = 0, 1
            for _ in range(n):
                a, b = b, a + b
            return a
            """,
        broken=(
            """
                a, b = 0, 1
                for _ in range(n):
                    a, b = b, a + b
                return b
                """,
            "return n if n < 2 else (n - 1) + (n - 2)",
        ),
        solve=_fibonacci,
        edges=((7,), (0,), (1,), (2,), (15,)),
        sample=lambda rng: (integer(rng, 0, 18),),
        difficulty="medium",
    ),
    Exercise(
        slug="prime",
        names=("is_prime", "check_prime", "prime"),
        params="n",
        does="returns True if the integer `n` is a prime number and False otherwise;"
        " numbers below 2 are not prime",
        body="""
            if n < 2:
                return False
            for divisor in range(2, int(n ** 0.5) + 1):
                if n % divisor == 0:
                    return False
            return True
            """,
        broken=(
            """
                if n < 2:
                    return False
                for divisor in range(2, int(n ** 0.5)):
                    if n % divisor == 0:
                        return False
                return True
                """,
            "return n > 1 and n % 2 == 1",
        ),
        solve=_is_prime,
        edges=((7,), (9,), (2,), (1,), (0,), (-7,), (25,), (97,), (4,)),
        sample=lambda rng: (integer(rng, -5, 200),),
        difficulty="medium",
    ),
    Exercise(
        slug="digit-sum",
        names=("digit_sum", "sum_of_digits", "add_digits"),
        params="n",
        does="returns the sum of the decimal digits of the integer `n`, which is not"
        " negative",
        body="return sum(int(digit) for digit in str(n))",
        broken=("return n % 10 + n // 10", "return len(str(n))"),
        solve=lambda n: sum(n // 10**place % 10 for place in range(len(str(n)))),
        edges=((1234,), (0,), (999,), (10,)),
        sample=lambda rng: (integer(rng, 0, 99999),),
        difficulty="medium",
    ),
    Exercise(
        slug="common-divisor",
        names=("gcd", "greatest_common_divisor", "common_divisor"),
        params="a, b",
        does="returns the greatest common divisor of the positive integers `a` and `b`",
        body="""
            while b:
                a, b = b, a % b
            return a
            """,
        broken=(
            "return min(a, b)",
            """
                while b > 1:
                    a, b = b, a % b
                return b
                """,
        ),
        solve=math.gcd,
        edges=((12, 18), (7, 3), (5, 5), (100, 75)),
        sample=lambda rng: (integer(rng, 1, 200), integer(rng, 1, 200)),
        difficulty="medium",
    ),
    Exercise(
        slug="leap-year",
        names=("is_leap_year", "leap_year", "has_leap_day"),
        params="year",
        does="returns True if `year` is a leap year of the Gregorian calendar and False"
        " otherwise: divisible by 4, but not by 100 unless also by 400",
        body="return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)",
        broken=("return year % 4 == 0", "return year % 4 == 0 and year % 100 != 0"),
        solve=_is_leap,
        edges=((2024,), (2023,), (1900,), (2000,), (2100,)),
        sample=lambda rng: (integer(rng, 1600, 2400),),
        difficulty="medium",
    ),
)

INTEGERS = exercise_family("number-theory", "Properties of integers", NUMBERS, tasks=1)
