"""The process that owns one embedded server for as long as anyone has a lease on it.

`python -m apps.core.servers.keeper postgres|valkey LOCK`. It belongs to no command: it
starts the server, starts it again when it dies, and stops it when the last lease is
gone. Three locks tell everything, and the kernel keeps them true over any `kill -9`:

- NAME.lease: shared by the commands that use the server;
- NAME.keeper: held by the keeper, which inherits it, locked, as descriptor LOCK;
- NAME.alive: inherited by the server's own processes.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import TYPE_CHECKING, Protocol

from apps.core.errors import UnavailableError
from apps.core.servers import logs
from apps.core.servers.backoff import Backoff
from apps.core.servers.layout import Layout
from apps.core.servers.locks import FileLock
from apps.core.servers.orphans import Program, claim
from apps.core.servers.state import State

if TYPE_CHECKING:
    from pathlib import Path

    from apps.core.servers.child import Child

LOOK_SECONDS = 0.05


class Server(Protocol):
    """What the keeper asks of a server."""

    @property
    def program(self) -> Program:
        """How its main process is known."""

    @property
    def log(self) -> Path:
        """Where it writes."""

    def prepare(self, keep_fds: tuple[int, ...] = ()) -> None:
        """Make its data directory ready."""

    def start(self, keep_fds: tuple[int, ...] = ()) -> Child:
        """Start it."""

    def await_ready(self, child: Child) -> None:
        """Return when it serves."""

    def url(self) -> str:
        """Return its address."""


class Keeper:
    """One server and what its keeper knows of it."""

    def __init__(self, layout: Layout, name: str) -> None:
        """Open the lease; nothing starts yet."""
        self.server: Server = getattr(layout, name)()
        self.lease = FileLock(layout.locks / f"{name}.lease")
        self._alive = layout.locks / f"{name}.alive"
        self._state = layout.locks / f"{name}.json"
        self._child: Child | None = None
        self._starts = 0
        self._started = 0.0
        self._start_again = 0.0
        self._backoff = Backoff()
        self._stop_asked = False
        signal.signal(signal.SIGTERM, self._ask_to_stop)

    def _ask_to_stop(self, *_: object) -> None:
        self._stop_asked = True

    def keep(self) -> None:
        """Run the server until nobody needs it.

        Raises:
            UnavailableError: it cannot be started; the state says why.
        """
        logs.trim(self.server.log)  # not each start: a command may be a short one
        try:
            self._start()
        except UnavailableError as error:
            State(os.getpid(), error=str(error)).write(self._state)
            raise
        while not self._is_over():
            self._look_after_server()
            logs.trim(self.server.log)
            time.sleep(LOOK_SECONDS)
        self._state.unlink(missing_ok=True)
        if self._child:
            self._child.stop()

    def _is_over(self) -> bool:
        return self._stop_asked or self.lease.try_exclusive()

    def _start(self) -> None:
        """Start the server and return when it serves."""
        # Opened anew for each start: the last server's processes hold the old one, and
        # a new server must not touch the data before the last of them is gone.
        with FileLock(self._alive) as alive:
            claim(alive, self.server.program)
            self.server.prepare(keep_fds=(alive.fd,))
            child = self.server.start(keep_fds=(alive.fd,))
            alive.write(f"{child.pid}\n")
        try:
            self.server.await_ready(child)
        except UnavailableError:
            child.stop()
            raise
        self._child = child
        self._starts += 1
        self._started = time.monotonic()
        State(os.getpid(), self.server.url(), child.pid, self._starts).write(
            self._state
        )

    def _look_after_server(self) -> None:
        """Note a death, and start the server again when its wait is over."""
        now = time.monotonic()
        if self._child and self._child.exit_code() is not None:
            wait = self._backoff.seconds_after(now - self._started)
            report(f"ended with {self._child.exit_code()}; again in {wait} s")
            self._child.stop()
            self._child = None
            self._start_again = now + wait
        if self._child is None and now >= self._start_again:
            try:
                self._start()
            except UnavailableError as error:
                wait = self._backoff.seconds_after(0.0)
                report(f"{error}; again in {wait} s")
                self._start_again = time.monotonic() + wait


def report(line: str) -> None:
    """Write a line to the keeper's log."""
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    sys.stderr.write(f"{at} {line}\n")
    sys.stderr.flush()


def main(name: str, lock: int) -> int:
    """Keep the server; the inherited lock goes with this process, not its children."""
    os.set_inheritable(lock, False)  # noqa: FBT003
    # Ctrl-C is for the command that needs the server, not for the server.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        Keeper(Layout.from_environment(), name).keep()
    except UnavailableError as error:
        report(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
