from __future__ import annotations

import math
import time
from collections import OrderedDict, defaultdict, deque
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.benchmarks.domain.values import MAX_DEPTH, Encoder, WireError
from apps.benchmarks.domain.values_parse import Builder, parse
from apps.benchmarks.domain.values_raw import (
    RawBuilder,
    RawDict,
    RawSet,
    read_value,
    write_value,
)
from tests.grading.strategies import PATIENT, VALUES


def there_and_back(value: object) -> Any:
    return parse(write_value(value), Builder())


def shape(value: Any) -> Any:
    """Return a value with the type of each part beside it."""
    if isinstance(value, (list, tuple, deque)):
        return type(value), [shape(part) for part in value]
    if isinstance(value, dict):
        return type(value), [(shape(k), shape(v)) for k, v in value.items()]
    return type(value), value


@PATIENT
@given(VALUES)
def test_what_is_written_is_read_with_every_type(value: object) -> None:
    assert shape(there_and_back(value)) == shape(value)


@PATIENT
@given(st.binary(max_size=200))
def test_any_bytes_are_a_value_or_refused(data: bytes) -> None:
    with suppress(WireError):
        assert shape(read_value(data))


@PATIENT
@given(VALUES, st.integers(0, 400), st.integers(0, 255))
def test_a_value_with_a_changed_byte_is_a_value_or_refused(
    value: object, at: int, byte: int
) -> None:
    data = bytearray(write_value(value))
    data[at % len(data)] = byte

    for builder in (Builder(), RawBuilder()):
        with suppress(WireError):
            assert shape(parse(bytes(data), builder))


@pytest.mark.parametrize("number", [math.nan, -0.0, math.inf, 5e-324])
def test_every_float_survives_bit_by_bit(number: float) -> None:
    assert there_and_back(number).hex() == number.hex()


def test_moments_and_decimals_survive() -> None:
    values = [date(2024, 2, 29), clock_time(1, 2, 3), Decimal("-1.50"), timedelta(-1)]
    values += [datetime(2024, 1, 1, 12, tzinfo=UTC), Decimal("NaN").copy_abs()]

    assert [str(value) for value in there_and_back(values)] == list(map(str, values))


class Point(NamedTuple):
    x: int
    y: int


class LyingInt(int):
    def __int__(self) -> int:
        return 6

    def __index__(self) -> int:
        return 6


class LyingText(str):
    __slots__ = ()

    def __str__(self) -> str:
        return "six"

    def encode(self, *_: object) -> bytes:
        return b"six"


class LyingList(list[int]):
    def __iter__(self) -> Any:
        return iter([6])

    def __len__(self) -> int:
        return 6

    def __getitem__(self, _: object) -> Any:
        return [6]


@pytest.mark.parametrize(
    ("subclass", "plain"),
    [
        (LyingInt(5), 5),
        (LyingText("five"), "five"),
        (LyingList([5]), [5]),
        (Point(1, 2), (1, 2)),
        (OrderedDict(a=1), {"a": 1}),
        (defaultdict(list, {"a": [1]}), {"a": [1]}),
        (True, True),
    ],
)
def test_a_subclass_goes_as_its_plain_base_past_its_own_methods(
    subclass: object, plain: object
) -> None:
    assert shape(there_and_back(subclass)) == shape(plain)


def test_a_shared_part_is_copied_and_a_cycle_refused() -> None:
    row = [0]
    loop: list[object] = []
    loop.append(loop)

    assert there_and_back([row, row]) == [[0], [0]]
    with pytest.raises(WireError, match="deep"):
        write_value(loop)


def test_depth_is_bounded_on_both_sides() -> None:
    deepest = b"l\x01" * MAX_DEPTH + b"N"

    assert read_value(deepest)
    with pytest.raises(WireError, match="deep"):
        read_value(b"l\x01" + deepest)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"?",
        b"NN",
        b"i",
        b"i\x05\x01",
        b"l\xff" + b"\xff" * 8,
        b"S\x01l\x00",
        b"d\x01t\x01d\x00N",
        b"M\x02s\x0ados.systemxs\x00",
        b"s\x01\xff",
        b"y\x04exec",
        b"r\x03NNN",
        b"k\x01x",
    ],
)
def test_what_is_no_value_is_refused(data: bytes) -> None:
    with pytest.raises(WireError):
        parse(data, Builder())


def test_a_set_made_to_collide_costs_the_trusted_side_no_quadratic_time() -> None:
    modulus = 2**61 - 1
    hostile = Encoder()
    hostile.many(b"S", [n * modulus for n in range(20_000)], 20_000, 0)
    data = hostile.encode(None)[:-1]
    began = time.process_time()

    value = read_value(data)

    assert isinstance(value, RawSet)
    assert time.process_time() - began < 2


def test_the_trusted_side_keeps_dicts_as_pairs() -> None:
    assert read_value(write_value({1: {2}})) == RawDict(((1, RawSet((2,))),))


def test_the_trusted_side_writes_plain_data_only() -> None:
    with pytest.raises(WireError, match="object is not plain"):
        write_value([object()])


def test_a_fraction_that_would_be_dear_to_reduce_is_refused() -> None:
    parts = write_value(("fractions.Fraction", "f" * 9000 + "/2"))

    with pytest.raises(WireError, match="too long"):
        read_value(b"M" + parts[1:])


def test_fractions_survive() -> None:
    assert there_and_back(Fraction(-7, 3)) == Fraction(-7, 3)
