"""Clear away a server that outlived its keeper, before a new one takes its data."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from apps.core.errors import UnavailableError

if TYPE_CHECKING:
    from apps.core.servers.locks import FileLock

# Long enough for a shutdown that is under way.
PATIENCE_SECONDS = 10.0
POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Program:
    """How a server's main process is told from others: its name and an argument."""

    name: str
    argument: str

    def runs_as(self, pid: int) -> bool:
        """Say whether `pid` is this program now (a number may have been reused)."""
        first, _, rest = command_line(pid).replace("\0", " ").partition(" ")
        return Path(first).name == self.name and self.argument in rest


def claim(
    alive: FileLock, program: Program, patience: float = PATIENCE_SECONDS
) -> None:
    """Take the lock that every process of a server holds while it lives.

    A holder is given `patience` seconds to finish dying with its keeper, then stopped
    by the number that was written into the lock.

    Raises:
        UnavailableError: someone holds it still.
    """
    if alive.exclusive_within(patience):
        return
    noted = alive.read().strip()
    if noted.isdigit():
        stop_process(int(noted), program, patience)
    if not alive.exclusive_within(patience):
        raise UnavailableError(f"Another {program.name} uses {program.argument}.")


def stop_process(
    pid: int, program: Program, patience: float = PATIENCE_SECONDS
) -> None:
    """Stop `pid` if it runs `program`; first in order, then by force."""
    for number in (signal.SIGINT, signal.SIGKILL):
        if not program.runs_as(pid):
            return
        with suppress(ProcessLookupError):
            os.kill(pid, number)
        until = time.monotonic() + patience
        while program.runs_as(pid) and time.monotonic() < until:
            time.sleep(POLL_SECONDS)


def command_line(pid: int) -> str:
    """Return the command line of a process, empty where it has ended."""
    if Path("/proc/self/cmdline").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            return ""
    ps = ["/bin/ps", "-o", "args=", "-p", str(pid)]
    return subprocess.run(ps, capture_output=True, text=True, check=False).stdout  # noqa: S603
