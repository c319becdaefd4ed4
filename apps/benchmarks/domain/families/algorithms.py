"""Exercises that need a loop with a thought in it."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from apps.benchmarks.domain.families.exercises import Args, Exercise, exercise_family
from apps.benchmarks.domain.families.samples import integer, integers, letters

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

ROMAN = (
    (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"),
    (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
)  # fmt: skip


def _balanced(text: str) -> bool:
    while any(pair in text for pair in ("()", "[]", "{}")):
        for pair in ("()", "[]", "{}"):
            text = text.replace(pair, "")
    return not text


def _roman(number: int) -> str:
    written = ""
    for value, sign in ROMAN:
        written += sign * (number // value)
        number %= value
    return written


def _merged(intervals: Sequence[Sequence[int]]) -> list[list[int]]:
    covered: list[list[int]] = []
    for start, end in sorted(tuple(interval) for interval in intervals):
        if covered and start <= covered[-1][1]:
            covered[-1][1] = max(covered[-1][1], end)
        else:
            covered.append([start, end])
    return covered


def _intervals(rng: random.Random) -> Args:
    starts = integers(rng, 0, 30, most=7)
    return ([[start, start + integer(rng, 1, 8)] for start in starts],)


EXERCISES = (
    Exercise(
        slug="balanced-brackets",
        names=("is_balanced", "brackets_match", "well_formed"),
        params="text",
        does="returns True if the brackets in the string `text`, which holds only the"
        " characters ()[]{}, are balanced and properly nested, and False otherwise",
        body="""
            closing = {')': '(', ']': '[', '}': '{'}
            open_brackets = []
            for bracket in text:
                if bracket in '([{':
                    open_brackets.append(bracket)
                elif not open_brackets or open_brackets.pop() != closing[bracket]:
                    return False
            return not open_brackets
            """,
        broken=(
            "return all(text.count(a) == text.count(b) for a, b in ('()', '[]', '{}'))",
            "return text.count('(') == text.count(')')",
        ),
        solve=_balanced,
        edges=(("([]{})",), ("([)]",), ("",), (")(",), ("((",), ("[](]",)),
        sample=lambda rng: (letters(rng, "()[]{}", most=6),),
        difficulty="hard",
    ),
    Exercise(
        slug="run-lengths",
        names=("run_lengths", "encode_runs", "compress"),
        params="text",
        does="returns the run-length encoding of the string `text`: each run of one"
        " character is written as the character followed by the length of the run",
        body="""
            encoded = ''
            start = 0
            for i in range(1, len(text) + 1):
                if i == len(text) or text[i] != text[start]:
                    encoded += text[start] + str(i - start)
                    start = i
            return encoded
            """,
        broken=(
            "return ''.join(c + str(text.count(c)) for c in dict.fromkeys(text))",
            "return ''.join(c + '1' for c in text)",
        ),
        solve=lambda text: "".join(
            f"{character}{len(list(run))}" for character, run in groupby(text)
        ),
        edges=(("aaabccd",), ("aba",), ("",), ("zzzzzzzzzzzz",)),
        sample=lambda rng: (letters(rng, "ab"),),
        difficulty="hard",
    ),
    Exercise(
        slug="roman-numeral",
        names=("to_roman", "roman", "roman_numeral"),
        params="number",
        does="returns the Roman numeral of the integer `number`, which is from 1 to"
        " 3999, in upper case",
        body="""
            tens = ['', 'X', 'XX', 'XXX', 'XL', 'L', 'LX', 'LXX', 'LXXX', 'XC']
            ones = ['', 'I', 'II', 'III', 'IV', 'V', 'VI', 'VII', 'VIII', 'IX']
            hundreds = ['', 'C', 'CC', 'CCC', 'CD', 'D', 'DC', 'DCC', 'DCCC', 'CM']
            return ('M' * (number // 1000) + hundreds[number // 100 % 10]
                    + tens[number // 10 % 10] + ones[number % 10])
            """,
        broken=(
            """
                signs = [(1000, 'M'), (500, 'D'), (100, 'C'), (50, 'L'), (10, 'X'),
                         (5, 'V'), (1, 'I')]
                written = ''
                for value, sign in signs:
                    written += sign * (number // value)
                    number %= value
                return written
                """,
        ),
        solve=_roman,
        edges=((14,), (1990,), (4,), (3999,), (1,), (44,)),
        sample=lambda rng: (integer(rng, 1, 3999),),
        difficulty="hard",
    ),
    Exercise(
        slug="merged-intervals",
        names=("merge_intervals", "merge_ranges", "combine_intervals"),
        params="intervals",
        does="returns a list of the intervals `[start, end]` of the list `intervals` in"
        " ascending order, where intervals that overlap or touch are merged into one",
        body="""
            merged = []
            for start, end in sorted(intervals):
                if merged and start <= merged[-1][1]:
                    merged[-1][1] = max(end, merged[-1][1])
                else:
                    merged.append([start, end])
            return merged
            """,
        broken=(
            """
                merged = []
                for start, end in sorted(intervals):
                    if merged and start < merged[-1][1]:
                        merged[-1][1] = max(end, merged[-1][1])
                    else:
                        merged.append([start, end])
                return merged
                """,
            """
                merged = []
                for start, end in sorted(intervals):
                    if merged and start <= merged[-1][1]:
                        merged[-1][1] = end
                    else:
                        merged.append([start, end])
                return merged
                """,
        ),
        solve=_merged,
        edges=(
            ([[5, 6], [1, 3], [2, 4]],),
            ([[1, 2], [2, 3]],),
            ([],),
            ([[1, 9], [2, 3]],),
        ),
        sample=_intervals,
        difficulty="hard",
    ),
    Exercise(
        slug="two-that-sum",
        names=("has_pair", "pair_exists", "two_sum"),
        params="values, target",
        does="returns True if two numbers at different positions of the list `values`"
        " add up to `target`, and False otherwise",
        body="""
            seen = set()
            for value in values:
                if target - value in seen:
                    return True
                seen.add(value)
            return False
            """,
        broken=(
            "return any(target - value in values for value in values)",
            "return any(a + b == target for a, b in zip(values, values[1:]))",
        ),
        solve=lambda values, target: any(
            first + second == target
            for place, first in enumerate(values)
            for second in values[:place]
        ),
        edges=(([1, 4, 6], 7), ([3, 5], 6), ([], 0), ([2, 2], 4), ([8], 8)),
        sample=lambda rng: (integers(rng, 0, 9), integer(rng, 0, 18)),
        difficulty="hard",
    ),
)

ALGORITHMS = exercise_family("algorithm", "Small algorithms", EXERCISES, tasks=1)
