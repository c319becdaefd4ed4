"""The objects of one jail that another side knows by number."""

from __future__ import annotations

from apps.benchmarks.domain.values import (
    CALLABLE,
    CLASS,
    INSTANCE,
    ITERABLE,
    ITERATOR,
    SIZED,
    TRUE,
    Encoder,
    WireError,
    is_builtin_type,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAX_TOKENS = 100_000


class Foreign:
    """Stands for an object of the other side: its truth and its identity."""

    __slots__ = ("_assay_name", "_assay_number", "_assay_true")

    def __init__(self, number: int, flags: int, name: str) -> None:
        object.__setattr__(self, "_assay_number", number)
        object.__setattr__(self, "_assay_true", bool(flags & TRUE))
        object.__setattr__(self, "_assay_name", name)

    def __bool__(self) -> bool:
        """Return the truth that the object had when it was sent."""
        return bool(object.__getattribute__(self, "_assay_true"))

    def __repr__(self) -> str:
        """Name the type and nothing more."""
        return f"<{object.__getattribute__(self, '_assay_name')} of the other side>"


def number_of(foreign: Foreign) -> int:
    """Return the number under which the other side knows its object."""
    number: int = object.__getattribute__(foreign, "_assay_number")
    return number


class Exports:
    """Numbers own objects, the same object always alike, and finds them again."""

    def __init__(self) -> None:
        self._objects: list[object] = []
        self._numbers: dict[int, int] = {}
        self.open_classes: tuple[type, ...] = ()  # instances may be looked into

    def export(self, value: object) -> tuple[bytes, int, int, str]:
        """Return tag, number, flags and type name of an object, for the encoder."""
        if isinstance(value, Foreign):
            return b"h", number_of(value), 0, ""
        number = self._numbers.get(id(value))
        if number is None:
            if len(self._objects) >= MAX_TOKENS:
                raise WireError("too many objects were handed over")
            number = self._numbers[id(value)] = len(self._objects)
            self._objects.append(value)  # keeps the identity from being used again
        return b"k", number, self._flags(value), type(value).__name__

    def get(self, number: int) -> Any:
        """Return an own object by its number."""
        if not 0 <= number < len(self._objects):
            raise WireError("there is no such object")
        return self._objects[number]

    def _flags(self, value: object) -> int:
        kind = type(value)
        flags = CALLABLE if callable(value) else 0
        flags |= CLASS if isinstance(value, type) else 0
        flags |= ITERATOR if hasattr(kind, "__next__") else 0
        flags |= ITERABLE if hasattr(kind, "__iter__") else 0
        flags |= SIZED if hasattr(kind, "__len__") else 0
        flags |= INSTANCE if isinstance(value, self.open_classes) else 0
        try:
            return flags | (TRUE if value else 0)
        except Exception:  # noqa: BLE001 - whatever the answer's own class raises
            return flags | TRUE


def write_exception(error: BaseException, exports: Exports) -> bytes:
    """Write an exception as its nearest built-in class and its arguments."""
    name = next(base.__name__ for base in type(error).__mro__ if is_builtin_type(base))
    arguments = vars(BaseException)["args"].__get__(error)
    try:
        return Encoder(exports.export).encode((name, arguments))
    except Exception:  # noqa: BLE001 - arguments that cannot cross become a text
        return Encoder().encode((name, (_text_of(error),)))


def _text_of(error: BaseException) -> str:
    try:
        return str.__str__(str(error))[:1000]
    except Exception:  # noqa: BLE001 - a `__str__` of the answer's may raise anything
        return ""
