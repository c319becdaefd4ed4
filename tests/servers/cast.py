"""Programs that the tests of the servers start, watch and kill."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self

from apps.core.servers.layout import REPOSITORY, Layout
from apps.core.servers.locks import is_held
from apps.core.servers.state import State

if TYPE_CHECKING:
    import signal
    from collections.abc import Callable, Mapping

HOLD = Path(__file__).with_name("hold.py")
TINY_UP = Path(__file__).with_name("tiny_up.py")


def wait_until(
    fact: Callable[[], object], seconds: float = 10.0, *, pause: float = 0.01
) -> float:
    """Return how long it took until `fact` held."""
    began = time.monotonic()
    while not fact():
        if time.monotonic() - began > seconds:
            message = f"not within {seconds} s"
            raise TimeoutError(message)
        time.sleep(pause)
    return time.monotonic() - began


def is_alive(pid: int) -> bool:
    """Say whether a process runs (a zombie does not)."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rpartition(") ")[2][0] != "Z"


def state_of(layout: Layout, name: str) -> State:
    """Return what the keeper of a server says."""
    said = State.read(layout.locks / f"{name}.json")
    assert said is not None
    return said


def is_stopped(layout: Layout, name: str = "postgres") -> bool:
    """Say whether a server, all its processes and its keeper are gone."""
    locks = (layout.locks / f"{name}.{part}" for part in ("alive", "keeper"))
    return not any(is_held(lock) for lock in locks)


class Program:
    """A Python program of ours, with its lines at hand."""

    def __init__(
        self, layout: Layout, *argv: str, env: Mapping[str, str] | None = None
    ) -> None:
        outside = {"DATABASE_URL", "REDIS_URL", "ASSAY_VAR"}
        inherited = {key: os.environ[key] for key in os.environ.keys() - outside}
        self.process = subprocess.Popen(
            [sys.executable, *argv],
            cwd=REPOSITORY,
            env={**inherited, "ASSAY_VAR": str(layout.var), **(env or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def line(self) -> str:
        """Return the next line that it prints, empty at the end."""
        assert self.process.stdout
        return self.process.stdout.readline()

    def line_with(self, text: str) -> str:
        """Return the next line that contains `text`."""
        seen = []
        while line := self.line():
            seen.append(line)
            if text in line:
                return line
        raise AssertionError([text, seen])

    def end(self) -> int:
        """Let it end by itself: its standard input closes."""
        self.process.communicate(timeout=30)
        return self.process.returncode

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(ProcessLookupError):
            self.process.kill()
        with self.process:  # closes its pipes and waits
            pass


def holder(layout: Layout, env: Mapping[str, str] | None = None) -> Program:
    """Return a program that leases the servers, prints their addresses, and waits."""
    return Program(layout, "-m", "tests.servers.hold", env=env)


def tiny_up(
    layout: Layout, *words: str, env: Mapping[str, str] | None = None
) -> Program:
    """Return a supervisor with a web server as its one process."""
    return Program(layout, "-m", "tests.servers.tiny_up", *words, env=env)
