"""Values as the trusted process holds them: nothing that hostile bytes can inflate.

Sets and dicts stay lists of their parts (members made to collide would cost
quadratic time in a real one), and what is not plain data is a `Token`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from apps.benchmarks.domain.values import INSTANCE, Encoder
from apps.benchmarks.domain.values_parse import Builder, parse


@dataclass(frozen=True, slots=True)
class Token:
    """An object that stayed in its jail."""

    number: int
    flags: int
    name: str

    @property
    def is_instance(self) -> bool:
        """Whether its attributes can be asked for."""
        return bool(self.flags & INSTANCE)


@dataclass(frozen=True, slots=True)
class RawSet:
    """The members of a set or frozenset, as they came."""

    members: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class RawDict:
    """The pairs of a dict, as they came."""

    pairs: tuple[tuple[Any, Any], ...]


@dataclass(frozen=True, slots=True)
class RawNamed:
    """A deque or built-in class, by its name and parts."""

    name: str
    parts: tuple[Any, ...]


class RawBuilder(Builder):
    """Builds what the trusted process may hold."""

    def token(self, number: int, flags: int, name: str) -> Any:
        """Return the token itself."""
        return Token(number, flags, name)

    def home(self, number: int) -> Any:
        """Return a reference to an object of the receiver."""
        return RawNamed("home", (number,))

    def members(self, items: list[Any]) -> Any:
        """Return the members in order."""
        return RawSet(tuple(items))

    def frozen_members(self, items: list[Any]) -> Any:
        """Return the members in order."""
        return RawSet(tuple(items))

    def mapping(self, flat: list[Any]) -> Any:
        """Return the pairs in order."""
        return RawDict(tuple(zip(flat[::2], flat[1::2], strict=True)))

    def record(self, name: str, attributes: Any) -> Any:
        """Return the parts of a record."""
        return RawNamed("record", (name, attributes))

    def queue(self, items: list[Any]) -> Any:
        """Return the items of a deque."""
        return RawNamed("deque", tuple(items))

    def builtin(self, name: str) -> Any:
        """Return the name of a built-in class."""
        return RawNamed("class", (name,))


_BUILDER: Final = RawBuilder()


def read_value(data: bytes) -> Any:
    """Read one value that came out of a jail, without building sets or dicts.

    Raises:
        WireError: the bytes are not one value within the bounds.
    """
    return parse(data, _BUILDER)


def write_value(value: object) -> bytes:
    """Write a value of the trusted process, which must be plain data.

    Raises:
        WireError: it is not plain data, or too large.
    """
    return Encoder().encode(value)
