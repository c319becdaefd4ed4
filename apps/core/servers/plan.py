"""What the supervisor does to an installation, as the settings write it down."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SetupStep:
    """One management command that brings the installation up to date.

    It must be safe to run at every start. What it prints goes to the log of the setup,
    or, where `shown`, to the person who started the service.
    """

    label: str
    command: str
    arguments: tuple[str, ...] = ()
    shown: bool = False


@dataclass(frozen=True)
class Process:
    """One Python process that runs for as long as the service does.

    In `arguments`, which follow the interpreter, `{listener}` stands for the descriptor
    of the listening socket. `stop_seconds` is how long it may take to leave.
    """

    name: str
    arguments: tuple[str, ...]
    stop_seconds: float = 8.0
    # It answers HTTP on the listening socket; the start waits for that.
    answers_http: bool = False
    # Others use it: it leaves after them.
    stops_last: bool = False
