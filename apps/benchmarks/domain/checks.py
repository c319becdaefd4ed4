"""Whether what an answer gave is what was expected: decided in the trusted process.

Equality is Python's `==` with the types looked at, since an answer's `True` for 1
or list for a tuple is another value to whoever calls it:

- None, bool, str: the very type. A bool is no number. bytes and bytearray are one.
- numbers: an int equals a float of the same value; where a float is expected, a
  relative 1e-9 is allowed, for the order of a sum is nobody's fault, and NaN equals
  NaN. An absolute tolerance applies where the step names one.
- list, tuple, dict, range, deque: the very type, then part by part.
- set and frozenset are one.
"""

from __future__ import annotations

import math
from collections import deque
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from apps.benchmarks.domain.values_raw import RawDict, RawNamed, RawSet, Token

if TYPE_CHECKING:
    from collections.abc import Callable

_RELATIVE: Final = 1e-9
_NUMBERS: Final = (int, float, complex, Decimal, Fraction)
_SHOWN: Final = 80
_SHOWN_BITS: Final = 256


def equals(expected: object, actual: object, tolerance: float = 0.0) -> bool:
    """Say whether a raw value out of a jail equals a plain expected value."""
    # Equal values have equally many parts; checked first, this bounds the cost of
    # all that follows by the size of the expected value.
    return _weight(expected) == _weight(actual) and _same(expected, actual, tolerance)


def same_output(expected: str, actual: str) -> bool:
    """Compare standard output; space at line ends and blank last lines are nothing."""
    return _lines(expected) == _lines(actual)


def describe(value: object) -> str:
    """Return a raw value as one short line of ASCII, for a reason."""
    if isinstance(value, Token):
        return f"an object of type {ascii(value.name)[1:-1]}"
    if isinstance(value, int) and value.bit_length() > _SHOWN_BITS:
        return "a very large integer"
    if isinstance(value, (RawSet, RawDict, RawNamed, list, tuple)):
        return f"a {_kind_of(value)} of {_weight(value) - 1} parts"
    if isinstance(value, (Fraction, range)):  # their text may be too long to make
        return f"a {type(value).__name__.lower()}"
    text = ascii(value[:_SHOWN] if isinstance(value, (str, bytes)) else value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."


def _lines(text: str) -> list[str]:
    lines = [line.rstrip() for line in text.split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def _kind_of(value: object) -> str:
    if isinstance(value, RawNamed):
        return value.name
    return {RawSet: "set", RawDict: "dict"}.get(type(value), type(value).__name__)


def _parts(value: object) -> list[Any] | None:
    """Return what a container holds, None for anything else."""
    listing = _LISTINGS.get(type(value))
    return None if listing is None else listing(value)


def _flat(pairs: Any) -> list[Any]:
    return [part for pair in pairs for part in pair]


_LISTINGS: Final[dict[type, Callable[[Any], list[Any]]]] = {
    RawSet: lambda value: list(value.members),
    RawDict: lambda value: _flat(value.pairs),
    RawNamed: lambda value: list(value.parts),
    dict: lambda value: _flat(value.items()),
    **dict.fromkeys((list, tuple, set, frozenset, deque), list),
}


def _weight(value: object) -> int:
    waiting, weight = [value], 0
    while waiting:
        weight += 1
        waiting.extend(_parts(waiting.pop()) or ())
    return weight


def _same(expected: object, actual: object, tolerance: float) -> bool:
    compare = _COMPARISONS.get(type(expected))
    if compare is not None:
        return compare(expected, actual, tolerance)
    return type(expected) is type(actual) and bool(expected == actual)


def _same_bytes(expected: Any, actual: Any, _: float) -> bool:
    return isinstance(actual, (bytes, bytearray)) and bool(actual == expected)


def _same_set(expected: Any, actual: Any, _: float) -> bool:
    return isinstance(actual, RawSet) and _keys(expected) == _keys(actual.members)


def _same_sequence(expected: Any, actual: Any, tolerance: float) -> bool:
    return type(expected) is type(actual) and _same_parts(expected, actual, tolerance)


def _same_parts(expected: Any, actual: Any, tolerance: float) -> bool:
    return len(expected) == len(actual) and all(
        _same(e, a, tolerance) for e, a in zip(expected, actual, strict=True)
    )


def _same_named(expected: object, actual: object, tolerance: float) -> bool:
    name = type(expected).__name__
    if not isinstance(actual, RawNamed) or actual.name != name:
        return False
    return _same_parts(_parts(expected), actual.parts, tolerance)


def _same_number(expected: Any, actual: Any, tolerance: float) -> bool:
    if isinstance(actual, bool) or not isinstance(actual, _NUMBERS):
        return False
    try:
        return bool(actual == expected) or _nearly(expected, actual, tolerance)
    except (ArithmeticError, ValueError):  # a number beyond floats, a signalling NaN
        return False


def _nearly(expected: Any, actual: Any, tolerance: float) -> bool:
    if isinstance(expected, complex) or isinstance(actual, complex):
        return _same_complex(complex(expected), complex(actual), tolerance)
    if isinstance(expected, float) or tolerance:
        return _close(float(expected), float(actual), tolerance)
    return False


def _same_complex(expected: complex, actual: complex, tolerance: float) -> bool:
    return _close(expected.real, actual.real, tolerance) and _close(
        expected.imag, actual.imag, tolerance
    )


def _close(expected: float, actual: float, tolerance: float) -> bool:
    if math.isnan(expected):
        return math.isnan(actual)
    return math.isclose(expected, actual, rel_tol=_RELATIVE, abs_tol=tolerance)


def _same_dict(expected: Any, actual: Any, tolerance: float) -> bool:
    if not isinstance(actual, RawDict):
        return False
    found = {_key(key): value for key, value in actual.pairs}
    return len(found) == len(expected) and all(
        _key(key) in found and _same(value, found[_key(key)], tolerance)
        for key, value in expected.items()
    )


def _keys(members: Any) -> frozenset[Any]:
    return frozenset(_key(member) for member in members)


def _key(value: object) -> object:
    """Return a hashable stand-in that is equal where `_same` holds, less tolerance."""
    match value:
        case set() | frozenset():
            return "set", _keys(value)
        case RawSet():
            return "set", _keys(value.members)
        case tuple():
            return "tuple", tuple(_key(part) for part in value)
    if isinstance(value, _NUMBERS) and not isinstance(value, bool):
        return _number_key(value)
    return type(value).__name__, value


def _number_key(value: Any) -> object:
    if isinstance(value, Decimal) and not value.is_finite():
        return "decimal", str(value)  # a signalling NaN cannot be hashed
    return "nan" if value != value else value  # noqa: PLR0124 - NaN alone is so


_COMPARISONS: Final[dict[type, Callable[[Any, Any, float], bool]]] = {
    **dict.fromkeys(_NUMBERS, _same_number),
    **dict.fromkeys((bytes, bytearray), _same_bytes),
    **dict.fromkeys((set, frozenset), _same_set),
    **dict.fromkeys((list, tuple), _same_sequence),
    deque: _same_named,
    dict: _same_dict,
}
