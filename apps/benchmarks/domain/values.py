"""The wire form of plain values: how they are written.

A value is one tag byte and its content. Exact built-in types go by value; an
instance of a subclass goes as its plain base, read through the base type's own
slots, so that no method of the subclass decides what is sent. Any other object
goes as a token: a number, its truth and what can be done with it.

This module and `values_parse` are shipped into the jails, where only the standard
library is at hand and each import costs start-up time: hence neither `typing` nor
`collections` at run time.
"""

from __future__ import annotations

import struct
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    Export = Callable[[object], tuple[bytes, int, int, str]]
    Record = Callable[[object], tuple[str, dict[str, object]] | None]

MAX_BYTES = 8 * 1024 * 1024
MAX_NODES = 2_000_000
MAX_DEPTH = 128
LONG_SIZE = 0xFF  # a size of 255 or more is written as this byte and eight more

# What a token can do besides being true or false and being itself.
TRUE, CALLABLE, ITERATOR, ITERABLE, SIZED, INSTANCE, CLASS = 1, 2, 4, 8, 16, 32, 64


class WireError(ValueError):
    """The bytes are not one value in the wire form, or the value is too large."""


class Encoder:
    """Writes one value; `export` makes a token of an object that is not plain.

    `export(obj)` returns the tag (`b"k"`: mine, `b"h"`: yours, coming home), the
    object's number, its flags and the name of its type. `record(obj)` may return a
    class's name and an object's attributes, which then go by value instead.
    """

    def __init__(
        self, export: Export | None = None, record: Record | None = None
    ) -> None:
        self._export = export
        self._record = record
        self._out = bytearray()
        self._nodes = 0

    def encode(self, value: object) -> bytes:
        """Write `value`.

        Raises:
            WireError: it is too large or too deep, or not plain and no `export`.
        """
        self.put(value, 0)
        if len(self._out) > MAX_BYTES:
            raise WireError("the value is too large")
        return bytes(self._out)

    def put(self, value: object, depth: int) -> None:
        """Append one value that lies `depth` containers deep."""
        self._nodes += 1
        if depth > MAX_DEPTH:
            raise WireError("the value is nested too deeply")
        if self._nodes > MAX_NODES or len(self._out) > MAX_BYTES:
            raise WireError("the value is too large")
        write = WRITERS.get(type(value)) or _writer_of_base(type(value))
        if write is None:
            self._put_object(value, depth)
        else:
            write(self, value, depth)

    def raw(self, tag: bytes, content: bytes = b"") -> None:
        """Append a tag with content of a given length."""
        self._head(tag, len(content))
        self._out += content

    def fixed(self, content: bytes) -> None:
        """Append a tag and content whose length the tag implies."""
        self._out += content

    def many(self, tag: bytes, items: Iterable[object], size: int, depth: int) -> None:
        """Append a container of `size` parts."""
        self._head(tag, size)
        for item in items:
            self.put(item, depth + 1)

    def _head(self, tag: bytes, size: int) -> None:
        self._out += tag
        if size < LONG_SIZE:
            self._out.append(size)
        else:
            self._out.append(LONG_SIZE)
            self._out += size.to_bytes(8, "little")

    def _put_object(self, value: object, depth: int) -> None:
        record = self._record(value) if self._record else None
        if record is not None:
            self.many(b"R", record, 2, depth)
        else:
            self._put_token(value)

    def _put_token(self, value: object) -> None:
        if isinstance(value, type) and is_builtin_type(value):
            self.raw(b"y", value.__name__.encode())
            return
        if self._export is None:
            raise WireError(f"a {type(value).__name__} is not plain data")
        tag, number, flags, name = self._export(value)
        head = number.to_bytes(4, "little") + bytes((flags,))
        self.raw(tag, head + name[:80].encode("utf-8", "replace"))


def _integer(out: Encoder, value: Any, _: int) -> None:
    plain = int.__int__(value)
    size = int.bit_length(plain) // 8 + 1
    out.raw(b"i", int.to_bytes(plain, size, "little", signed=True))


def _complex(out: Encoder, value: Any, _: int) -> None:
    parts = [vars(complex)[name].__get__(value) for name in ("real", "imag")]
    out.fixed(b"c" + struct.pack("<dd", *parts))


def _text(out: Encoder, value: Any, _: int) -> None:
    # Lone surrogates are data: an answer may well return one.
    out.raw(b"s", str.encode(str.__str__(value), "utf-8", "surrogatepass"))


def _list(out: Encoder, value: Any, depth: int) -> None:
    items = list.__getitem__(value, slice(None))
    out.many(b"l", items, len(items), depth)


def _tuple(out: Encoder, value: Any, depth: int) -> None:
    items = tuple.__getitem__(value, slice(None))
    out.many(b"t", items, len(items), depth)


def _set(out: Encoder, value: Any, depth: int) -> None:
    items = list(set.__iter__(value))
    out.many(b"S", items, len(items), depth)


def _frozenset(out: Encoder, value: Any, depth: int) -> None:
    items = list(frozenset.__iter__(value))
    out.many(b"Z", items, len(items), depth)


def _dict(out: Encoder, value: Any, depth: int) -> None:
    pairs = list(dict.items(value))
    out.many(b"d", [part for pair in pairs for part in pair], len(pairs), depth)


def _range(out: Encoder, value: Any, depth: int) -> None:
    out.many(b"r", (value.start, value.stop, value.step), 3, depth)


def _deque(out: Encoder, value: Any, depth: int) -> None:
    items = list(value)
    out.many(b"q", items, len(items), depth)


def _named(out: Encoder, value: Any, depth: int) -> None:
    name = standard_name(type(value)) or ""
    if name == "fractions.Fraction":
        text = f"{value.numerator:x}/{value.denominator:x}"
    elif name == "datetime.timedelta":
        text = f"{value.days} {value.seconds} {value.microseconds}"
    else:
        text = str(value) if name == "decimal.Decimal" else value.isoformat()
    out.many(b"M", (name, text), 2, depth)


WRITERS: dict[type, Callable[[Encoder, Any, int], None]] = {
    type(None): lambda out, _, __: out.fixed(b"N"),
    bool: lambda out, value, _: out.fixed(b"T" if value else b"F"),
    int: _integer,
    float: lambda out, value, _: out.fixed(
        b"f" + struct.pack("<d", float.__float__(value))
    ),
    complex: _complex,
    str: _text,
    bytes: lambda out, value, _: out.raw(b"b", bytes.__getitem__(value, slice(None))),
    bytearray: lambda out, value, _: out.raw(
        b"B", bytes(bytearray.__getitem__(value, slice(None)))
    ),
    list: _list,
    tuple: _tuple,
    set: _set,
    frozenset: _frozenset,
    dict: _dict,
    range: _range,
}

# Values of the standard library that go by value although they are no built-ins:
# an honest answer may return a Fraction where a float is compared.
STANDARD: dict[str, Callable[[Encoder, Any, int], None]] = {
    "decimal.Decimal": _named,
    "fractions.Fraction": _named,
    "datetime.datetime": _named,
    "datetime.date": _named,
    "datetime.time": _named,
    "datetime.timedelta": _named,
    "collections.deque": _deque,
}


def standard_name(kind: type) -> str | None:
    """Return the full name of a standard value type, None for any other type."""
    name = f"{kind.__module__}.{kind.__qualname__}"
    if name not in STANDARD:
        return None
    module = sys.modules.get(kind.__module__)
    return name if getattr(module, kind.__qualname__, None) is kind else None


def is_builtin_type(kind: type) -> bool:
    """Say whether `kind` is a class that `builtins` offers under its name."""
    return vars(sys.modules["builtins"]).get(kind.__name__) is kind


def _writer_of_base(kind: type) -> Callable[[Encoder, Any, int], None] | None:
    name = standard_name(kind)
    if name is not None:
        return STANDARD[name]
    for base in kind.__mro__:
        if base in WRITERS:
            return WRITERS[base]
    return None
