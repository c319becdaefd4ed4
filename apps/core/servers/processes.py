"""The service's own processes: started, started again when they die, stopped."""

from __future__ import annotations

import signal
import sys
import time
from typing import TYPE_CHECKING

from apps.core.servers import logs
from apps.core.servers.backoff import Backoff
from apps.core.servers.child import Child, Command
from apps.core.servers.layout import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from apps.core.servers.plan import Process


class Supervised:
    """One process of the plan and its life so far."""

    def __init__(
        self,
        process: Process,
        log: Path,
        env: Mapping[str, str],
        listener: int,
    ) -> None:
        """Prepare; `listener` is the descriptor that a web server takes over."""
        self.name = process.name
        self.log = log
        self.stops_last = process.stops_last
        arguments = [each.format(listener=listener) for each in process.arguments]
        self._command = Command(
            [sys.executable, *arguments],
            log,
            env=env,
            cwd=REPOSITORY,
            stop_steps=((signal.SIGTERM, process.stop_seconds),),
            keep_fds=(listener,) if process.answers_http else (),
        )
        self._backoff = Backoff()
        self._child: Child | None = None
        self._started = 0.0
        self._start_again = 0.0

    def start(self) -> None:
        """Start it with a fresh log."""
        logs.rotate(self.log)
        self._start()

    def _start(self) -> None:
        self._started = time.monotonic()
        self._child = Child(self._command)

    def is_running(self) -> bool:
        """Say whether it runs now."""
        return self._child is not None and self._child.exit_code() is None

    @property
    def pid(self) -> int | None:
        """Its process id while there is a process."""
        return self._child.pid if self._child else None

    def look(self) -> str | None:
        """Start it again if it died; return a line about a death when there is one."""
        logs.trim(self.log)
        now = time.monotonic()
        if self._child is None:
            if now >= self._start_again:
                self._start()
            return None
        code = self._child.exit_code()
        if code is None:
            return None
        wait = self._backoff.seconds_after(now - self._started)
        self._child.stop()  # what it left in its session
        self._child = None
        self._start_again = now + wait
        return f"{self.name} {how_it_ended(code)}; starting again in {wait:g} s"

    def stop(self) -> None:
        """End it; it is not started again."""
        if self._child:
            self._child.stop()
            self._child = None
        self._start_again = float("inf")

    def kill(self) -> None:
        """End it at once."""
        if self._child:
            self._child.kill()


def how_it_ended(code: int) -> str:
    """Say in words what an exit code means."""
    if code >= 0:
        return f"ended with exit status {code}"
    return f"was ended by signal {-code}"
