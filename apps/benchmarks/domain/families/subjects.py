"""Short functions and the defects that can be planted in them.

Each defect changes exactly one line, so that "the line with the bug" has one answer,
and carries arguments on which the function then goes wrong.
"""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

from apps.benchmarks.domain.families.defects import Defect, DefectKind, Subject
from apps.benchmarks.domain.families.samples import integer, integers, letters, words

if TYPE_CHECKING:
    import random

    from apps.benchmarks.domain.families.exercises import Args


def _numbers(rng: random.Random) -> Args:
    return (integers(rng),)


def _factorial(n: int) -> int:
    return n * _factorial(n - 1) if n > 1 else 1


_OPERATOR = DefectKind.WRONG_OPERATOR
_OFF = DefectKind.OFF_BY_ONE
_START = DefectKind.WRONG_START
_VARIABLE = DefectKind.WRONG_VARIABLE
_EARLY = DefectKind.EARLY_RETURN

SUBJECTS = (
    Subject(
        name="largest",
        params="values",
        does="returns the largest number of the non-empty list `values`",
        body="""
            best = values[0]
            for value in values:
                if value > best:
                    best = value
            return best
            """,
        solve=max,
        sample=lambda rng: (integers(rng, least=1),),
        defects=(
            Defect(_START, "best = values[0]", "best = 0", ([-3, -1, -2],)),
            Defect(
                _OPERATOR, "    if value > best:", "    if value < best:", ([1, 5],)
            ),
            Defect(_VARIABLE, "return best", "return value", ([9, 2, 3],)),
        ),
    ),
    Subject(
        name="count_even",
        params="values",
        does="returns how many numbers of the list `values` are even",
        body="""
            count = 0
            for value in values:
                if value % 2 == 0:
                    count += 1
            return count
            """,
        solve=lambda values: len([value for value in values if not value & 1]),
        sample=_numbers,
        defects=(
            Defect(
                _OPERATOR,
                "    if value % 2 == 0:",
                "    if value % 2 != 0:",
                ([2, 4, 5],),
            ),
            Defect(_START, "count = 0", "count = 1", ([2, 3],)),
            Defect(_EARLY, "return count", "    return count", ([2, 4],)),
            Defect(_VARIABLE, "        count += 1", "        count += value", ([4],)),
        ),
    ),
    Subject(
        name="factorial",
        params="n",
        does="returns the product of the integers from 1 to `n`, which is 1 for 0",
        body="""
            result = 1
            for factor in range(1, n + 1):
                result *= factor
            return result
            """,
        solve=_factorial,
        sample=lambda rng: (integer(rng, 0, 12),),
        defects=(
            Defect(
                _OFF,
                "for factor in range(1, n + 1):",
                "for factor in range(1, n):",
                (4,),
            ),
            Defect(_START, "result = 1", "result = 0", (3,)),
            Defect(_OPERATOR, "    result *= factor", "    result += factor", (4,)),
            Defect(_VARIABLE, "    result *= factor", "    result *= n", (3,)),
        ),
    ),
    Subject(
        name="sum_of_squares",
        params="values",
        does="returns the sum of the squares of the numbers in the list `values`",
        body="""
            total = 0
            for value in values:
                square = value * value
                total += square
            return total
            """,
        solve=lambda values: sum(value**2 for value in values),
        sample=_numbers,
        defects=(
            Defect(
                _OPERATOR,
                "    square = value * value",
                "    square = value + value",
                ([3, 4],),
            ),
            Defect(_VARIABLE, "    total += square", "    total += value", ([3],)),
            Defect(_START, "total = 0", "total = 1", ([2],)),
            Defect(_EARLY, "return total", "    return total", ([2, 5],)),
        ),
    ),
    Subject(
        name="position_of",
        params="items, wanted",
        does="returns the index of the first item of the list `items` that equals"
        " `wanted`, or -1 if there is none",
        body="""
            for index in range(len(items)):
                if items[index] == wanted:
                    return index
            return -1
            """,
        solve=lambda items, wanted: items.index(wanted) if wanted in items else -1,
        sample=lambda rng: (integers(rng, 0, 6), integer(rng, 0, 6)),
        defects=(
            Defect(
                _OFF,
                "for index in range(len(items)):",
                "for index in range(1, len(items)):",
                ([7, 8], 7),
            ),
            Defect(
                _OPERATOR,
                "    if items[index] == wanted:",
                "    if items[index] != wanted:",
                ([5, 6], 6),
            ),
            Defect(
                _VARIABLE, "        return index", "        return wanted", ([4, 9], 9)
            ),
            Defect(_EARLY, "return -1", "    return -1", ([4, 9], 9)),
        ),
    ),
    Subject(
        name="digit_sum",
        params="n",
        does="returns the sum of the decimal digits of the integer `n`, which is not"
        " negative",
        body="""
            total = 0
            while n > 0:
                digit = n % 10
                total += digit
                n = n // 10
            return total
            """,
        solve=lambda n: sum(int(digit) for digit in str(n)),
        sample=lambda rng: (integer(rng, 0, 9999),),
        defects=(
            Defect(_OPERATOR, "    digit = n % 10", "    digit = n // 10", (123,)),
            Defect(_VARIABLE, "    total += digit", "    total += n", (52,)),
            Defect(_EARLY, "return total", "    return total", (47,)),
            Defect(_START, "total = 0", "total = 10", (31,)),
        ),
    ),
    Subject(
        name="reverse_list",
        params="items",
        does="returns a new list of the items of the list `items` in reverse order",
        body="""
            result = []
            for index in range(len(items) - 1, -1, -1):
                result.append(items[index])
            return result
            """,
        solve=lambda items: list(reversed(items)),
        sample=_numbers,
        defects=(
            Defect(
                _OFF,
                "for index in range(len(items) - 1, -1, -1):",
                "for index in range(len(items) - 1, 0, -1):",
                ([1, 2, 3],),
            ),
            Defect(
                _VARIABLE,
                "    result.append(items[index])",
                "    result.append(index)",
                ([5, 6],),
            ),
            Defect(_EARLY, "return result", "    return result", ([1, 2],)),
        ),
    ),
    Subject(
        name="running_totals",
        params="values",
        does="returns a list that holds for each number of the list `values` the sum of"
        " all numbers up to and including it",
        body="""
            totals = []
            total = 0
            for value in values:
                total += value
                totals.append(total)
            return totals
            """,
        solve=lambda values: list(accumulate(values)),
        sample=_numbers,
        defects=(
            Defect(
                _VARIABLE,
                "    totals.append(total)",
                "    totals.append(value)",
                ([1, 2, 3],),
            ),
            Defect(_OPERATOR, "    total += value", "    total -= value", ([1, 2],)),
            Defect(_START, "total = 0", "total = 1", ([4, 5],)),
            Defect(_EARLY, "return totals", "    return totals", ([1, 2],)),
        ),
    ),
    Subject(
        name="is_sorted",
        params="values",
        does="returns True if no number of the list `values` is greater than the one"
        " after it, and False otherwise",
        body="""
            for index in range(len(values) - 1):
                if values[index] > values[index + 1]:
                    return False
            return True
            """,
        solve=lambda values: sorted(values) == values,
        sample=lambda rng: (integers(rng, 0, 9, most=4),),
        defects=(
            Defect(
                _OFF,
                "for index in range(len(values) - 1):",
                "for index in range(len(values) - 2):",
                ([1, 3, 2],),
            ),
            Defect(
                _OPERATOR,
                "    if values[index] > values[index + 1]:",
                "    if values[index] < values[index + 1]:",
                ([1, 2, 3],),
            ),
            Defect(_EARLY, "return True", "    return True", ([1, 3, 2],)),
        ),
    ),
    Subject(
        name="longest_word",
        params="words",
        does="returns the longest string of the list `words`, the first one if several"
        " are equally long, and an empty string if the list is empty",
        body="""
            longest = ''
            for word in words:
                if len(word) > len(longest):
                    longest = word
            return longest
            """,
        solve=lambda words: max(words, key=len, default=""),
        sample=lambda rng: (words(rng),),
        defects=(
            Defect(
                _OPERATOR,
                "    if len(word) > len(longest):",
                "    if len(word) < len(longest):",
                (["fig", "apple"],),
            ),
            Defect(_EARLY, "return longest", "    return longest", (["a", "bcd"],)),
            Defect(_START, "longest = ''", "longest = 'word'", (["a", "bcd"],)),
        ),
    ),
    Subject(
        name="count_letter",
        params="text, letter",
        does="returns how often the one-letter string `letter` occurs in the string"
        " `text`",
        body="""
            count = 0
            for index in range(len(text)):
                if text[index] == letter:
                    count += 1
            return count
            """,
        solve=lambda text, letter: text.count(letter),
        sample=lambda rng: (letters(rng, "abc"), rng.choice("abc")),
        defects=(
            Defect(
                _OFF,
                "for index in range(len(text)):",
                "for index in range(len(text) - 1):",
                ("banana", "a"),
            ),
            Defect(
                _OPERATOR,
                "    if text[index] == letter:",
                "    if text[index] != letter:",
                ("banana", "b"),
            ),
            Defect(_START, "count = 0", "count = 1", ("banana", "n")),
            Defect(
                _VARIABLE, "        count += 1", "        count += index", ("aab", "a")
            ),
        ),
    ),
    Subject(
        name="power",
        params="base, exponent",
        does="returns `base` raised to the power `exponent`, which is an integer and"
        " not negative",
        body="""
            result = 1
            for step in range(exponent):
                result *= base
            return result
            """,
        solve=lambda base, exponent: base**exponent,
        sample=lambda rng: (integer(rng, -5, 5), integer(rng, 0, 6)),
        defects=(
            Defect(
                _OFF,
                "for step in range(exponent):",
                "for step in range(exponent + 1):",
                (2, 3),
            ),
            Defect(_OPERATOR, "    result *= base", "    result += base", (3, 3)),
            Defect(_START, "result = 1", "result = 0", (5, 2)),
            Defect(_VARIABLE, "    result *= base", "    result *= exponent", (2, 3)),
        ),
    ),
)
