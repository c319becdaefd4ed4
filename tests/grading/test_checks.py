from __future__ import annotations

import math
from collections import deque
from contextlib import suppress
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.benchmarks.domain.checks import describe, equals, same_output
from apps.benchmarks.domain.values import WireError
from apps.benchmarks.domain.values_raw import (
    RawDict,
    RawSet,
    Token,
    read_value,
    write_value,
)
from tests.grading.strategies import PATIENT, VALUES

SAME = [
    (None, None),
    (True, True),
    (2, 2),
    (2, 2.0),
    (2.0, 2),
    (0.3, 0.1 + 0.2),
    (math.nan, math.nan),
    (math.inf, math.inf),
    (0.0, -0.0),
    (0.5, Fraction(1, 2)),
    (1, Decimal("1.0")),
    (1 + 2j, 1 + 2j),
    ("é", "é"),
    (b"x", bytearray(b"x")),
    ([1, [2.0]], [1, [2]]),
    ((1, "a"), (1, "a")),
    ({1, 2.0}, {1.0, 2}),
    (frozenset({(1, 2)}), {(1, 2)}),
    ({frozenset({1})}, {frozenset({1})}),
    ({1}, {Decimal("1.0")}),
    ({1: [0.3]}, {1: [0.1 + 0.2]}),
    ({(1, None): "x"}, {(1, None): "x"}),
    (range(3), range(3)),
    (deque([1]), deque([1])),
    (2**1200, 2**1200),
]

DIFFERENT = [
    (1, True),
    (True, 1),
    (0, False),
    (None, False),
    (0, None),
    ("1", 1),
    ("a", b"a"),
    ([1, 2], (1, 2)),
    ((1, 2), [1, 2]),
    ([1, 2], [1]),
    ([0, 1], range(2)),
    ([0], deque([0])),
    ({1}, [1]),
    ({1}, {True}),
    ({1, 2}, {1, 3}),
    ({"a": 1}, {"a": 2}),
    ({"a": 1}, {"b": 1}),
    ({1: 0}, {True: 0}),
    (0.5, 0.5001),
    (2, 2.0000001),
    (0.5, math.nan),
    (1.0, 2**1200),
    (1, Decimal("sNaN")),
    (1j, 1),
    (2**1200, 1e308),
]


@pytest.mark.parametrize(("expected", "actual"), SAME)
def test_equal_values_are_equal(expected: object, actual: object) -> None:
    assert equals(expected, read_value(write_value(actual)))


@pytest.mark.parametrize(("expected", "actual"), DIFFERENT)
def test_other_values_and_other_types_are_not(expected: object, actual: object) -> None:
    assert not equals(expected, read_value(write_value(actual)))


@pytest.mark.parametrize(
    ("expected", "actual", "tolerance", "same"),
    [
        (1.0, 1.009, 0.01, True),
        (1.0, 1.011, 0.01, False),
        (1, 1.009, 0.01, True),
        ([{"a": 1.0}], [{"a": 1.009}], 0.01, True),
        (1 + 1j, 1.009 + 1j, 0.01, True),
        ("1.0", "1.009", 0.01, False),
    ],
)
def test_a_tolerance_holds_for_numbers_anywhere(
    expected: object, actual: object, tolerance: float, *, same: bool
) -> None:
    assert equals(expected, read_value(write_value(actual)), tolerance) is same


def test_a_member_that_cannot_be_hashed_is_another() -> None:
    signalling = Decimal("sNaN")

    assert not equals({Decimal(1)}, RawSet((signalling,)))
    assert not equals({1: 2}, RawDict(((signalling, 2),)))


def test_a_token_equals_nothing() -> None:
    token = Token(0, 127, "int")

    assert not any(equals(expected, token) for expected, _ in SAME)


@pytest.mark.parametrize(
    ("printed", "same"),
    [
        ("1 2\n3\n", True),
        ("1 2  \n3", True),
        ("1 2\r\n3\r\n\n \n", True),
        ("1 2\n\n3", False),
        (" 1 2\n3", False),
        ("1 2\n3\n4", False),
        ("", False),
    ],
)
def test_only_space_at_the_ends_is_nothing(printed: str, *, same: bool) -> None:
    assert same_output("1 2\n3\n", printed) is same


@pytest.mark.parametrize(
    ("value", "line"),
    [
        (7, "7"),
        ("a\nb", r"'a\nb'"),
        ("\ud800é", r"'\ud800\xe9'"),
        ("x" * 500, "'" + "x" * 79 + "..."),
        (1 << 2000, "a very large integer"),
        ([1, 2], "a list of 2 parts"),
        ({1: 2}, "a dict of 2 parts"),
        (Token(1, 0, "Yes\n"), r"an object of type Yes\n"),
    ],
)
def test_a_value_is_described_in_one_short_line(value: object, line: str) -> None:
    raw = value if isinstance(value, Token) else read_value(write_value(value))

    assert describe(raw) == line


@PATIENT
@given(VALUES, VALUES, st.integers(0, 400), st.integers(0, 255))
def test_whatever_comes_is_compared_and_described(
    expected: object, actual: object, at: int, byte: int
) -> None:
    data = bytearray(write_value(actual))
    data[at % len(data)] = byte

    with suppress(WireError):
        value = read_value(bytes(data))
        assert equals(expected, value) in {True, False}
        assert len(describe(value)) < 100


@PATIENT
@given(VALUES)
def test_every_value_equals_its_copy(value: object) -> None:
    assert equals(value, read_value(write_value(value)))
