"""What is done at regular times, for the status page: how the newest rounds went.

Apps above core register theirs from their `apps.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Round:
    """One time at which it was due: `outcome` is a job's status, or `missing`."""

    at: datetime
    outcome: str
    words: str


@dataclass(frozen=True, slots=True)
class Rounds:
    """The newest rounds of one kind of work, and the page that has more of them."""

    name: str
    href: str
    rounds: tuple[Round, ...]


ReadRounds = Callable[[datetime], Rounds]
_READERS: list[ReadRounds] = []


def register_rounds(read: ReadRounds) -> None:
    """Show on the status page what `read` returns at the present time."""
    if read not in _READERS:
        _READERS.append(read)


def list_rounds(now: datetime) -> tuple[Rounds, ...]:
    """Return the newest rounds of every kind of work."""
    return tuple(read(now) for read in _READERS)
