"""Run `manage.py setup` as a child and follow what it says on a pipe."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

from apps.core.errors import UnavailableError
from apps.core.servers import logs
from apps.core.servers.child import Child, Command
from apps.core.servers.layout import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from typing import TextIO

    from apps.core.servers.progress import Progress


def run_setup(
    program: tuple[str, ...], env: Mapping[str, str], log: Path, progress: Progress
) -> list[str]:
    """Bring the installation up to date; return the lines that a person should see.

    `program` follows the interpreter and takes `--events-to DESCRIPTOR`.

    Raises:
        UnavailableError: a step failed; its message is in the message.
    """
    logs.rotate(log)
    reading, writing = os.pipe()
    command = Command(
        [sys.executable, *program, "--events-to", str(writing)],
        log,
        env=env,
        cwd=REPOSITORY,
        keep_fds=(writing,),
    )
    child = Child(command)
    os.close(writing)
    try:
        with os.fdopen(reading, encoding="utf-8") as events:
            return _follow(events, log, progress)
    finally:
        child.stop()


def _follow(events: TextIO, log: Path, progress: Progress) -> list[str]:
    """Show each step as it goes; the pipe closes when the child ends."""
    shown: list[str] = []
    with progress.step("Load the application"):
        said = _next(events)
    while said and "step" in said:
        with progress.step(said["step"]):
            said = _next(events)
            if said is None or "error" in said:
                raise UnavailableError(said["error"] if said else _died(log))
        shown += said["shown"]
        said = _next(events)
    if said != {"done": True}:
        raise UnavailableError(_died(log))
    return shown


def _next(events: Iterator[str]) -> dict[str, Any] | None:
    line = next(events, None)
    if line is None:
        return None
    event: dict[str, Any] = json.loads(line)
    return event


def _died(log: Path) -> str:
    return f"the setup ended early; see {log}"
