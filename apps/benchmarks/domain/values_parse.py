"""The wire form of plain values: how they are read.

The parser survives any bytes: it runs nothing, builds nothing larger than its
bounds, and answers whatever is not exactly one value with `WireError`. What the
containers become is up to a builder: real sets and dicts inside a jail, lists of
members in the trusted process, where a hostile set must not cost quadratic time.
"""

from __future__ import annotations

import struct
import sys

from apps.benchmarks.domain.values import LONG_SIZE, MAX_DEPTH, MAX_NODES, WireError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_UNHASHABLE = b"lSdBqR"


class Builder:
    """Makes real Python objects of what was parsed; used inside the jails."""

    def token(self, number: int, flags: int, name: str) -> Any:
        """Return what stands for the other side's object."""
        raise WireError(f"token {number} of a {name} ({flags}) has no place here")

    def home(self, number: int) -> Any:
        """Return the own object that comes back."""
        raise WireError(f"object {number} has no place here")

    def members(self, items: list[Any]) -> Any:
        """Return a set of the items."""
        return set(items)

    def frozen_members(self, items: list[Any]) -> Any:
        """Return a frozenset of the items."""
        return frozenset(items)

    def mapping(self, flat: list[Any]) -> Any:
        """Return a dict of alternating keys and values."""
        return dict(zip(flat[::2], flat[1::2], strict=True))

    def span(self, parts: list[Any]) -> Any:
        """Return a range of start, stop and step."""
        return range(*parts)

    def record(self, name: str, attributes: dict[str, Any]) -> Any:
        """Return an object of the test program's own class, by its attributes."""
        raise WireError(f"a {name} of {len(attributes)} parts has no place here")

    def queue(self, items: list[Any]) -> Any:
        """Return a deque of the items."""
        from collections import deque  # noqa: PLC0415 - start-up time of the jail

        return deque(items)

    def standard(self, parts: list[Any]) -> Any:
        """Return a number or a moment of the standard library from its text."""
        name, text = parts
        return _standard(str(name), str(text))

    def builtin(self, name: str) -> Any:
        """Return a class that `builtins` offers."""
        kind = vars(sys.modules["builtins"]).get(name)
        if not isinstance(kind, type):
            raise WireError("there is no such built-in class")
        return kind


def parse(data: bytes, builder: Builder) -> Any:
    """Read exactly one value from `data`.

    Raises:
        WireError: the bytes are not one value within the bounds.
    """
    parser = _Parser(data, builder)
    try:
        value = parser.value(0, hashable=False)
    except WireError:
        raise
    except Exception as error:
        # Whatever a constructor makes of hostile parts is the bytes' fault.
        raise WireError(f"the bytes hold no value: {type(error).__name__}") from error
    if parser.at != len(data):
        raise WireError("bytes follow the value")
    return value


class _Parser:
    def __init__(self, data: bytes, builder: Builder) -> None:
        self._data = data
        self._builder = builder
        self._nodes = 0
        self.at = 0

    def value(self, depth: int, *, hashable: bool) -> Any:
        self._nodes += 1
        if depth > MAX_DEPTH or self._nodes > MAX_NODES:
            raise WireError("the value is too deep or too large")
        tag = self._take(1)
        if hashable and tag in _UNHASHABLE:
            raise WireError("an unhashable value stands where a key must be")
        if tag in _CONSTANTS:
            return _CONSTANTS[tag]
        if tag in _SCALARS:
            return _SCALARS[tag](self._take(self._size()))
        if tag in b"fc":
            return self._floating(tag)
        if tag in b"khy":
            return self._reference(tag)
        return self._container(tag, depth, hashable=hashable)

    def _take(self, size: int) -> bytes:
        end = self.at + size
        if end > len(self._data):
            raise WireError("the value is cut short")
        piece = self._data[self.at : end]
        self.at = end
        return piece

    def _size(self) -> int:
        size = self._take(1)[0]
        return int.from_bytes(self._take(8), "little") if size == LONG_SIZE else size

    def _floating(self, tag: bytes) -> Any:
        if tag == b"f":
            return struct.unpack("<d", self._take(8))[0]
        return complex(*struct.unpack("<dd", self._take(16)))

    def _reference(self, tag: bytes) -> Any:
        content = self._take(self._size())
        if tag == b"y":
            return self._builder.builtin(content.decode("ascii"))
        number, name = int.from_bytes(content[:4], "little"), content[5:]
        if tag == b"h":
            return self._builder.home(number)
        return self._builder.token(number, content[4], name.decode("utf-8", "replace"))

    def _container(self, tag: bytes, depth: int, *, hashable: bool) -> Any:
        finish = _CONTAINERS.get(tag)
        if finish is None:
            raise WireError("there is no such tag")
        size = self._size() * (2 if tag == b"d" else 1)
        if size > len(self._data) - self.at:
            raise WireError("the value is cut short")
        items = []
        for index in range(size):
            key = tag in b"SZ" or (tag == b"d" and index % 2 == 0)
            items.append(self.value(depth + 1, hashable=key or hashable))
        return finish(self._builder, items)


_CONSTANTS: dict[bytes, Any] = {b"N": None, b"T": True, b"F": False}

_SCALARS: dict[bytes, Callable[[bytes], Any]] = {
    b"i": lambda piece: int.from_bytes(piece, "little", signed=True),
    b"s": lambda piece: piece.decode("utf-8", "surrogatepass"),
    b"b": bytes,
    b"B": bytearray,
}

_CONTAINERS: dict[bytes, Callable[[Builder, list[Any]], Any]] = {
    b"l": lambda _, items: items,
    b"t": lambda _, items: tuple(items),
    b"S": lambda builder, items: builder.members(items),
    b"Z": lambda builder, items: builder.frozen_members(items),
    b"d": lambda builder, flat: builder.mapping(flat),
    b"r": lambda builder, parts: builder.span(parts),
    b"q": lambda builder, items: builder.queue(items),
    b"M": lambda builder, parts: builder.standard(parts),
    b"R": lambda builder, parts: builder.record(*parts),
}

_MAX_NUMBER_TEXT = 8192  # keeps a fraction's reduction and a decimal cheap


def _standard(name: str, text: str) -> Any:
    if len(text) > _MAX_NUMBER_TEXT:
        raise WireError("the number is too long")
    if name == "decimal.Decimal":
        from decimal import Decimal  # noqa: PLC0415 - start-up time of the jail

        return Decimal(text)
    if name == "fractions.Fraction":
        from fractions import Fraction  # noqa: PLC0415 - start-up time of the jail

        above, below = text.split("/")
        return Fraction(int(above, 16), int(below, 16))
    return _moment(name, text)


def _moment(name: str, text: str) -> Any:
    import datetime as dt  # noqa: PLC0415 - start-up time of the jail

    if name == "datetime.timedelta":
        days, seconds, microseconds = map(int, text.split(" "))
        return dt.timedelta(days, seconds, microseconds)
    kinds: dict[str, Any] = {
        "datetime.datetime": dt.datetime,
        "datetime.date": dt.date,
        "datetime.time": dt.time,
    }
    if name not in kinds:
        raise WireError("there is no such standard type")
    return kinds[name].fromisoformat(text)
