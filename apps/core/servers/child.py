"""A child process that dies with its parent and is stopped in steps."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from apps.core.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from apps.core.servers.identity import Identity

LAUNCHER = Path(__file__).with_name("launch.py")
KERNEL_WATCHES = sys.platform == "linux"
POLL_SECONDS = 0.02
READY_POLL_SECONDS = 0.01

StopStep = tuple[signal.Signals, float]


@dataclass(frozen=True)
class Command:
    """What to start: the program, where it writes, and how it leaves."""

    argv: Sequence[str]
    log: Path
    env: Mapping[str, str] | None = None
    cwd: Path | None = None
    identity: Identity | None = None
    # Sent by the kernel when the parent is gone.
    orphan_signal: signal.Signals = signal.SIGKILL
    # Signals of an ordered stop, each with the seconds it is given.
    stop_steps: tuple[StopStep, ...] = ((signal.SIGTERM, 10.0),)
    # Descriptors that the program inherits, as a lock that it holds while it lives.
    keep_fds: tuple[int, ...] = ()


class Child:
    """One running program, in a session of its own."""

    def __init__(self, command: Command, *, watch: bool = not KERNEL_WATCHES) -> None:
        """Start it, from a thread that lives on: the kernel watches that thread."""
        self.command = command
        self._swept = False
        self._watch = watch
        with command.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603
                self._launch_argv(),
                stdin=subprocess.PIPE if watch else subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=None if command.env is None else dict(command.env),
                cwd=command.cwd,
                pass_fds=command.keep_fds,
                start_new_session=True,
            )

    def _launch_argv(self) -> list[str]:
        who = self.command.identity
        spec = {
            "parent": os.getpid(),
            "signal": int(self.command.orphan_signal),
            "uid": who.uid if who else None,
            "gid": who.gid if who else None,
            "capability": who.capability if who else None,
            "watch": self._watch,
        }
        python = [sys.executable, "-I", "-S", str(LAUNCHER)]
        return [*python, json.dumps(spec), *self.command.argv]

    @property
    def pid(self) -> int:
        """The process id (of the watcher, where one is needed)."""
        return self._process.pid

    def exit_code(self) -> int | None:
        """Return how it ended, negative for a signal, or None while it runs."""
        return self._process.poll()

    def stop(self) -> None:
        """End it by its steps, then by force, with whatever it left in its session."""
        for number, seconds in self.command.stop_steps:
            if self.exit_code() is not None:
                break
            self._process.send_signal(number)
            self._wait(seconds)
        if not self._swept:  # once: later the number may be another's
            self._swept = True
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        if self._process.stdin:
            self._process.stdin.close()

    def kill(self) -> None:
        """End it at once, with its session."""
        if self.exit_code() is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)

    def _wait(self, seconds: float) -> None:
        # Popen.wait(timeout) sleeps up to 50 ms between looks.
        until = time.monotonic() + seconds
        while self.exit_code() is None and time.monotonic() < until:
            time.sleep(POLL_SECONDS)


def await_ready(
    child: Child, name: str, is_ready: Callable[[], bool], seconds: float
) -> None:
    """Return when a server is ready; `name` is what to call it in errors.

    Raises:
        UnavailableError: it ended, or `seconds` passed.
    """
    until, log = time.monotonic() + seconds, child.command.log
    while not is_ready():
        if child.exit_code() is not None:
            raise UnavailableError(f"{name} ended: {last_line(log)}")
        if time.monotonic() > until:
            raise UnavailableError(
                f"{name} was not ready after {seconds:.0f} s; see {log}"
            )
        time.sleep(READY_POLL_SECONDS)


def last_line(log: Path) -> str:
    """Return the last line of a log, for a message about why its program ended."""
    if not log.exists():
        return "it wrote nothing"
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it wrote nothing"
