"""Conversations with jails: calling an answer, and relaying for a test program."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from apps.benchmarks.domain.values import WireError
from apps.benchmarks.domain.values_raw import RawDict, Token, read_value, write_value
from apps.benchmarks.gateways.sandbox.base import JailEndedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from apps.benchmarks.gateways.sandbox.process import Jail

# Names, call, iterate, fetch, length, attribute, write, special method. Loading is
# the trusted process's alone.
_RELAYED: Final = frozenset(
    (b"N", b"C", b"I", b"F", b"Z", b"A", b"W", b"S")  # one letter an operation
)

_MAX_NUMBER: Final = 1 << 31
_MAX_FLAGS: Final = 1 << 8


class AnswerRaisedError(Exception):
    """The answer raised; only a built-in class and plain arguments came across."""

    def __init__(self, name: str, arguments: object) -> None:
        super().__init__(name)
        self.name = name
        self.arguments = arguments


class TesterEndedError(Exception):
    """A test program's jail ended without a report.

    `asked` says whether the answer's values had reached it by then.
    """

    def __init__(self, reason: str, *, asked: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.asked = asked


@dataclass(frozen=True, slots=True)
class Report:
    """What a test program's jail reports: its kinds are the tester's."""

    kind: str
    error: str
    line: int


class Candidate:
    """An answer in its jail, with the time that it has in all."""

    def __init__(self, jail: Jail, seconds: float) -> None:
        """Give the answer `seconds` of waiting, from its loading on."""
        self._jail = jail
        self._left = seconds

    def load(self, prompt: str, code: str, entry_point: str) -> int:
        """Load the answer; return the number of its entry point.

        Raises:
            AnswerRaisedError: it does not load, or lacks the entry point.
            JailEndedError: a bound was crossed.
            SandboxStartError: the jail never came up.
        """
        handed = self._ask(b"L", prompt, code, entry_point)
        if not _is_handed_out(handed):
            raise JailEndedError("it sent what is no entry point")
        number: int = handed[0]
        return number

    def call(
        self, number: int, arguments: tuple[object, ...], named: Mapping[str, object]
    ) -> Any:
        """Call an object of the answer's with plain data; return raw values.

        Raises:
            AnswerRaisedError: the answer raised.
            JailEndedError: a bound was crossed.
            WireError: the arguments are not plain data.
        """
        return self._ask(b"C", number, arguments, dict(named))

    def method(self, number: int, name: str) -> int:
        """Return the number of an instance's method.

        Raises:
            AnswerRaisedError: there is none.
            JailEndedError: a bound was crossed.
        """
        method = self._ask(b"A", number, name)
        if not isinstance(method, Token):
            raise AnswerRaisedError("TypeError", (f"{name!r} is not callable",))
        return method.number

    def exchange(self, operation: bytes, content: bytes) -> tuple[bytes, Any]:
        """Send one request; return the reply's frame and its raw value, checked.

        Raises:
            JailEndedError: a bound was crossed, or the reply is none.
        """
        self._jail.greet()
        began = time.monotonic() - self._jail.excused
        self._jail.send(operation, content)
        frame = self._jail.receive(self._left)
        self._left -= time.monotonic() - self._jail.excused - began
        try:
            value = read_value(frame[1:])
        except WireError as error:
            raise JailEndedError(f"it sent what is no value: {error}") from error
        if frame[:1] != b"R" and not (frame[:1] == b"X" and _is_exception(value)):
            raise JailEndedError("it sent what is no reply")
        return frame, value

    def _ask(self, operation: bytes, *operands: object) -> Any:
        frame, value = self.exchange(operation, write_value(operands))
        if frame[:1] == b"X":
            raise AnswerRaisedError(*value)
        return value


def _is_exception(value: Any) -> bool:
    return isinstance(value, tuple) and [type(part) for part in value] == [str, tuple]


def relay(tester: Jail, candidate: Candidate, seconds: float) -> Report:
    """Carry a test program's requests to the answer until it reports.

    The test program has `seconds` of its own; the answer's time is its own matter.

    Raises:
        TesterEndedError: the test program's jail ended without a report.
        JailEndedError: the answer's jail crossed a bound.
    """
    asked = False
    while True:
        began = time.monotonic() - tester.excused
        try:
            frame = tester.receive(seconds)
            operation, value = frame[:1], read_value(frame[1:])
        except (JailEndedError, WireError) as error:
            raise TesterEndedError(str(error), asked=asked) from error
        seconds -= time.monotonic() - tester.excused - began
        if operation == b"V" and _is_report(value):
            return Report(*value)
        if operation not in _RELAYED or (operation == b"N" and not _is_asking(value)):
            raise TesterEndedError("it spoke out of turn", asked=asked)
        reply, given = candidate.exchange(operation, frame[1:])
        if operation == b"N":
            # Whatever is wrong with what the tests start from would look like their
            # own fault: a way out of a verdict.
            _check_names(value, given)
        else:
            asked = True
        tester.send(reply[:1], reply[1:])


def _is_asking(value: Any) -> bool:
    """Say whether this is a request for names: at least one, and nothing but names."""
    if not (isinstance(value, tuple) and len(value) == 1):
        return False
    (names,) = value
    return (
        isinstance(names, list)
        and bool(names)
        and all(type(name) is str for name in names)
    )


def _check_names(asked: Any, given: Any) -> None:
    """Make sure that the answer handed out its entry point, the first name asked.

    Raises:
        JailEndedError: it did not.
    """
    names, pairs = asked[0], given.pairs if isinstance(given, RawDict) else ()
    handed = [name for name, token in pairs if _is_handed_out(token)]
    if len(handed) != len(pairs) or names[0] not in handed:
        raise JailEndedError("it did not hand out its entry point")
    if not all(isinstance(name, str) and name in names for name in handed):
        raise JailEndedError("it handed out what nobody asked for")


def _is_handed_out(value: Any) -> bool:
    return (
        isinstance(value, tuple)
        and [type(part) for part in value] == [int, int, str]
        and 0 <= value[0] < _MAX_NUMBER
        and 0 <= value[1] < _MAX_FLAGS
    )


def _is_report(value: Any) -> bool:
    return (
        isinstance(value, tuple)
        and [type(part) for part in value] == [str, str, int]
        and 0 <= value[2] < _MAX_NUMBER
    )
