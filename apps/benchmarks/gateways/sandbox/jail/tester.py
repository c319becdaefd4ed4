"""The jail of a foreign test program: it alone reports whether the tests held."""

from __future__ import annotations

import builtins
import sys

from apps.benchmarks.domain.values import CALLABLE, CLASS, Encoder
from apps.benchmarks.domain.values_parse import Builder, parse
from apps.benchmarks.gateways.sandbox.jail.assemble import (
    SEED,
    calls_at_top_level,
    compile_tree,
    defines_function,
    free_names,
    parse_prompt,
    parse_source,
)
from apps.benchmarks.gateways.sandbox.jail.channel import Channel
from apps.benchmarks.gateways.sandbox.jail.confine import confine
from apps.benchmarks.gateways.sandbox.jail.remote import Link, make_proxy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Report = tuple[str, str, int]

_PROGRAM = "<test program>"
# What a test program consists of never comes from the answer that it tests.
_PROGRAMS_OWN = ("check", "candidate", "METADATA")


class Trial:
    """One run of a test program against the answer."""

    def __init__(self, link: Link, setup: str, program: str, entry_point: str) -> None:
        self._link = link
        self._setup, self._program, self._entry = setup, program, entry_point
        self._module: Any = type(sys)("__main__")

    def judge(self) -> Report:
        """Return what became of it: a kind, an exception's class, a line.

        The kinds: `pass`; `assertion`: a test did not hold; `answer`: the answer
        raised; `program`: the program raised over what the answer gave; `defect`:
        the program itself is at fault, so that nothing can be said of the answer.
        """
        try:
            self._run()
        except BaseException as error:  # noqa: BLE001 - every end is a report
            return self._report(error)
        return ("pass" if self._link.replies else "defect"), "NoCall", 0

    def _run(self) -> None:
        sys.modules["__main__"] = self._module
        namespace = vars(self._module)
        if "random" in self._program or "random" in self._setup:
            import random  # noqa: PLC0415 - dear to start, and seldom wanted

            random.seed(SEED)
        setup = parse_prompt(self._setup) or parse_source(self._setup)
        exec(compile_tree(setup), namespace)  # noqa: S102 - jailed
        tree = parse_source(self._program)
        self._bind(free_names(tree, {*namespace, *vars(builtins), *_PROGRAMS_OWN}))
        exec(compile_tree(tree, _PROGRAM), namespace)  # noqa: S102 - jailed
        own_check = self._entry != "check" and defines_function(tree, "check")
        if own_check and not calls_at_top_level(tree, "check"):
            namespace["check"](namespace[self._entry])

    def _bind(self, names: list[str]) -> None:
        """Bind the entry point, and what else the tests take from the answer."""
        stub = vars(self._module).get(self._entry)
        handed = self._link.ask(b"N", [self._entry, *names])
        # A method of a result could say yes to everything it is asked: only where
        # the task is about classes do its tests call methods of the answer's objects.
        self._link.open_instances = isinstance(stub, type) or len(handed) > 1
        self._link.replies = 0  # nothing of the answer's values was seen yet
        for name, (number, flags, kind) in handed.items():
            if flags & CLASS:
                # What the answer says of its class is not taken from it: a class
                # that cannot be called would look like a fault of the tests.
                proxy: Any = make_proxy(self._link, number, flags | CALLABLE, kind)
            else:
                proxy = self._link.function(number, name)
            setattr(self._module, name, proxy)

    def _report(self, error: BaseException) -> Report:
        line = _line_of(error)
        name = type(error).__name__
        if any(error is raised for raised in self._link.raised):
            return "answer", name, line
        if isinstance(error, NameError):
            # A name that neither the program nor the answer provides: tests may
            # well need a helper class of the answer's.
            return "program", name, line
        if isinstance(error, (SyntaxError, ImportError)) or not self._link.replies:
            return "defect", name, line
        if isinstance(error, SystemExit) and not error.code and _is_own(error):
            return "pass", name, line
        return (
            ("assertion" if isinstance(error, AssertionError) else "program"),
            name,
            line,
        )


def _is_own(error: BaseException) -> bool:
    """Say whether no text that the program evaluated, such as a result, raised it."""
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<string>":
            return False
        trace = trace.tb_next
    return True


def _line_of(error: BaseException) -> int:
    """Return the last line of the program that the exception passed."""
    line, trace = 0, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == _PROGRAM:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def main(config: dict[str, Any]) -> None:
    """Confine this process, run the program that is sent to it, report."""
    channel = Channel()
    confine(config)
    channel.send(b"H")
    program, setup, entry_point = parse(channel.receive()[1], Builder())
    trial = Trial(Link(channel), setup, program, entry_point)
    channel.send(b"V", Encoder().encode(trial.judge()))
    channel.receive()
