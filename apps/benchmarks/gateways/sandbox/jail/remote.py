"""What a test program holds in place of the answer and its objects."""

from __future__ import annotations

import _thread
import builtins

from apps.benchmarks.domain.values import (
    CALLABLE,
    INSTANCE,
    ITERABLE,
    ITERATOR,
    SIZED,
    Encoder,
    WireError,
)
from apps.benchmarks.domain.values_parse import Builder, parse
from apps.benchmarks.gateways.sandbox.jail.exports import Exports, Foreign, number_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from apps.benchmarks.gateways.sandbox.jail.channel import Channel

MAX_ITEMS = 1_000_000
# A generator may be asked for four items because the fifth takes for ever, so
# nothing is taken ahead until so many were wanted that draining it is the purpose.
_SINGLY, _BATCH = 64, 256


class Link:
    """Asks the answer's jail, through the trusted process."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._exports = Exports()
        self._builder = RemoteBuilder(self, self._exports)
        self._lock = _thread.allocate_lock()
        self._functions: dict[int, int] = {}
        self.replies = 0
        # Whether instances may be looked into; the test program's jail decides, for
        # the answer can claim anything of its objects.
        self.open_instances = False
        self.raised: list[BaseException] = []

    def ask(self, operation: bytes, *operands: object) -> Any:
        """Return the answer's value, or raise what the answer raised."""
        request = Encoder(self._export, _own_record).encode(operands)
        with self._lock:
            self._channel.send(operation, request)
            kind, content = self._channel.receive()
        self.replies += 1
        try:
            value = parse(content, self._builder)
        except WireError as refusal:
            self.raised.append(refusal)
            raise
        if kind == b"R":
            return value
        error = _rebuild(*value)
        self.raised.append(error)
        raise error

    def function(self, number: int, name: str) -> Callable[..., Any]:
        """Return a plain function that calls the answer's."""

        def proxy(*arguments: Any, **named: Any) -> Any:
            return self.ask(b"C", number, arguments, named)

        proxy.__name__ = proxy.__qualname__ = name
        self._functions[id(proxy)] = number
        return proxy

    def _export(self, value: object) -> tuple[bytes, int, int, str]:
        number = self._functions.get(id(value))
        if number is not None:
            return b"h", number, 0, ""
        return self._exports.export(value)


def _own_record(value: object) -> tuple[str, dict[str, object]] | None:
    """Return what an object of a class of the test program's own consists of.

    Tests build nodes and pairs to pass as arguments, and arguments are copies.
    """
    kind = type(value)
    if kind.__module__ != "__main__" or not hasattr(value, "__dict__"):
        return None
    return kind.__name__, dict(vars(value))


def _rebuild(name: str, arguments: tuple[Any, ...]) -> BaseException:
    """Make the built-in exception of that name again."""
    kind = vars(builtins).get(name)
    if not (isinstance(kind, type) and issubclass(kind, BaseException)):
        kind = Exception
    if issubclass(kind, (StopIteration, StopAsyncIteration)):
        # It would end the loops of the tests early, which then hold for too little.
        return RuntimeError(f"the answer raised {name}")
    try:
        return kind(*arguments)
    except Exception:  # noqa: BLE001 - some built-in exceptions want other arguments
        return Exception(name, *arguments)


class RemoteBuilder(Builder):
    """Gives every token one proxy, so that identity holds."""

    def __init__(self, link: Link, exports: Exports) -> None:
        self._link, self._exports = link, exports
        self._proxies: dict[int, Foreign] = {}

    def token(self, number: int, flags: int, name: str) -> Any:
        """Return the proxy of an object of the answer's."""
        if number not in self._proxies:
            if not self._link.open_instances:
                flags &= ~INSTANCE
            self._proxies[number] = make_proxy(self._link, number, flags, name)
        return self._proxies[number]

    def home(self, number: int) -> Any:
        """Return the test program's own object that the answer gave back."""
        return self._exports.get(number)


def make_proxy(link: Link, number: int, flags: int, name: str) -> Foreign:
    """Return a proxy that can do what the flags say and nothing else."""
    parts: list[type[_Linked]] = [part for flag, part in _PARTS if flags & flag]
    if flags & (ITERATOR | ITERABLE):
        parts.append(_Iterator if flags & ITERATOR else _Iterable)
    kind = type("Foreign", (*parts, _Linked), {"__slots__": ()})
    proxy: Foreign = kind(number, flags, name)
    object.__setattr__(proxy, "_assay_link", link)
    object.__setattr__(proxy, "_assay_state", [0, [], False])
    return proxy


class _Linked(Foreign):
    __slots__ = ("_assay_link", "_assay_state")


def _ask(proxy: Any, operation: bytes, *operands: object) -> Any:
    link: Link = object.__getattribute__(proxy, "_assay_link")
    return link.ask(operation, number_of(proxy), *operands)


class _Callable(_Linked):
    __slots__ = ()

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return _ask(self, b"C", arguments, named)


class _Sized(_Linked):
    __slots__ = ()

    def __len__(self) -> int:
        size: int = _ask(self, b"Z")
        return size


class _Iterable(_Linked):
    __slots__ = ()

    def __iter__(self) -> Iterator[Any]:
        return iter(_ask(self, b"I"))


class _Iterator(_Linked):
    __slots__ = ()

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        state = object.__getattribute__(self, "_assay_state")
        taken, ahead, ended = state
        if not ahead and not ended:
            ahead, state[2] = _ask(self, b"F", 1 if taken < _SINGLY else _BATCH)
            state[1] = ahead
        if not ahead:
            raise StopIteration
        if taken >= MAX_ITEMS:
            raise OverflowError("the iterator gave too many items")
        state[0] += 1
        return ahead.pop(0)


class _Instance(_Linked):
    """An instance of a class that the task asked for: open to the test program."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        return _ask(self, b"A", name)

    def __setattr__(self, name: str, value: Any) -> None:
        _ask(self, b"W", name, value)

    def __str__(self) -> str:
        return str(_ask(self, b"S", "__str__", ()))

    def __repr__(self) -> str:
        return str(_ask(self, b"S", "__repr__", ()))

    def __getitem__(self, key: Any) -> Any:
        return _ask(self, b"S", "__getitem__", (key,))

    def __setitem__(self, key: Any, value: Any) -> None:
        _ask(self, b"S", "__setitem__", (key, value))

    def __delitem__(self, key: Any) -> None:
        _ask(self, b"S", "__delitem__", (key,))

    def __contains__(self, item: Any) -> bool:
        return bool(_ask(self, b"S", "__contains__", (item,)))

    def __enter__(self) -> Any:
        return _ask(self, b"S", "__enter__", ())

    def __exit__(self, *details: object) -> Any:
        return _ask(self, b"S", "__exit__", (None, None, None))


_PARTS = ((INSTANCE, _Instance), (CALLABLE, _Callable), (SIZED, _Sized))
