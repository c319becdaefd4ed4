"""The jail of an answer: loads it, then calls it as the trusted process asks."""

from __future__ import annotations

import sys

from apps.benchmarks.domain.values import CALLABLE, Encoder
from apps.benchmarks.domain.values_parse import Builder, parse
from apps.benchmarks.gateways.sandbox.jail.assemble import SEED, assemble
from apps.benchmarks.gateways.sandbox.jail.channel import Channel
from apps.benchmarks.gateways.sandbox.jail.confine import confine
from apps.benchmarks.gateways.sandbox.jail.exports import (
    Exports,
    Foreign,
    write_exception,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_Record = type(sys.implementation)  # a bare object, without the import of `types`

_SPECIAL = frozenset(
    f"__{name}__"
    for name in (
        *("getitem", "setitem", "delitem", "contains", "enter", "exit"),
        *("str", "repr"),
    )
)


class _CandidateBuilder(Builder):
    def __init__(self, exports: Exports, module: Any) -> None:
        self._exports = exports
        self._module = module
        self._foreign: dict[int, Foreign] = {}

    def token(self, number: int, flags: int, name: str) -> Any:
        if number not in self._foreign:
            self._foreign[number] = Foreign(number, flags, name)
        return self._foreign[number]

    def home(self, number: int) -> Any:
        return self._exports.get(number)

    def record(self, name: str, attributes: dict[str, Any]) -> Any:
        # The answer's class of that name where it has one, else a bare object.
        kind = vars(self._module).get(name)
        try:
            record = object.__new__(kind)
        except TypeError:  # no class, or one that is a tuple or the like
            record = _Record()
        for attribute, value in attributes.items():
            setattr(record, attribute, value)
        return record


class Answer:
    """One loaded answer and the objects of it that were handed out."""

    def __init__(self) -> None:
        self._exports = Exports()
        self._module: Any = type(sys)("answer")
        self._builder = _CandidateBuilder(self._exports, self._module)
        self._late: dict[int, BaseException] = {}
        self._operations = {
            b"L": self._load,
            b"N": self._names,
            b"C": self._call,
            b"Z": lambda number: len(self._exports.get(number)),
            b"I": lambda number: iter(self._exports.get(number)),
            b"F": self._fetch,
            b"A": self._attribute,
            b"W": lambda number, name, value: setattr(
                self._exports.get(number), name, value
            ),
            b"S": self._special,
        }

    def serve(self, operation: bytes, content: bytes) -> tuple[bytes, bytes]:
        """Carry out one request; return the reply's operation and content."""
        try:
            operands = parse(content, self._builder)
            result = self._operations[operation](*operands)  # type: ignore[operator]
            return b"R", Encoder(self._exports.export).encode(result)
        except BaseException as error:  # noqa: BLE001 - even SystemExit is an outcome
            return b"X", write_exception(error, self._exports)

    def _load(self, prompt: str, code: str, entry_point: str) -> tuple[int, int, str]:
        sys.modules["answer"] = self._module
        if "random" in prompt or "random" in code:
            import random  # noqa: PLC0415 - dear to start, and seldom wanted

            random.seed(SEED)
        for unit in assemble(prompt, code, entry_point):
            exec(unit, vars(self._module))  # noqa: S102 - what this jail is for
        return self._hand_out(entry_point)

    def _hand_out(self, name: str) -> tuple[int, int, str]:
        """Number an object of the module by its name; it must be callable."""
        if name not in vars(self._module):
            raise NameError(f"name {name!r} is not defined")
        value = vars(self._module)[name]
        _, number, flags, kind = self._exports.export(value)
        if not flags & CALLABLE:
            raise TypeError(f"{name!r} is not callable")
        if isinstance(value, type) and value is not object:
            self._exports.open_classes += (value,)
        return number, flags, kind

    def _names(self, names: list[str]) -> dict[str, tuple[int, int, str]]:
        found = [name for name in names if name in vars(self._module)]
        return {n: self._hand_out(n) for n in found if callable(vars(self._module)[n])}

    def _call(self, number: int, arguments: Any, named: Any) -> Any:
        return self._exports.get(number)(*arguments, **named)

    def _fetch(self, number: int, count: int) -> tuple[list[Any], bool]:
        """Take up to `count` items; say whether the iterator has ended."""
        if number in self._late:
            raise self._late.pop(number)
        iterator, items = self._exports.get(number), []
        try:
            for _ in range(count):
                items.append(next(iterator))  # noqa: PERF401 - it may end here
        except StopIteration:
            return items, True
        except BaseException as error:  # raised when its turn comes
            if not items:
                raise
            self._late[number] = error
        return items, False

    def _attribute(self, number: int, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self._exports.get(number), name)

    def _special(self, number: int, name: str, arguments: Any) -> Any:
        if name not in _SPECIAL:
            raise AttributeError(name)
        target = self._exports.get(number)
        return getattr(type(target), name)(target, *arguments)


def main(config: dict[str, Any]) -> None:
    """Confine this process, say hello, and serve until the other side goes."""
    channel = Channel()
    confine(config)
    answer = Answer()
    channel.send(b"H")
    while True:
        channel.send(*answer.serve(*channel.receive()))
