"""The hours that jobs stand for, and what came of one."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

HOUR = timedelta(hours=1)
# A job keeps the first errors by name and counts all.
MOST_ERRORS = 100


@dataclass(frozen=True, slots=True)
class LookError:
    """Why one prediction has no snapshot of an hour."""

    prediction_id: str
    error: str


@dataclass(frozen=True, slots=True)
class Tally:
    """What was done with some predictions, and the milliseconds of each phase.

    `successful` were looked at, or ended with their market; `skipped` had nothing to
    look at, such as a market that is closed and not settled yet.
    """

    successful: int = 0
    failed: int = 0
    skipped: int = 0
    errors: Sequence[LookError] = field(default=())
    markets: int = 0
    fetching_ms: float = 0.0
    computing_ms: float = 0.0
    storing_ms: float = 0.0

    @property
    def total_processed(self) -> int:
        """Return how many predictions were taken up."""
        return self.successful + self.failed + self.skipped

    def __add__(self, other: Tally) -> Tally:
        """Return what was done in both; of the errors the first ones."""
        return Tally(
            self.successful + other.successful,
            self.failed + other.failed,
            self.skipped + other.skipped,
            (*self.errors, *other.errors)[:MOST_ERRORS],
            self.markets + other.markets,
            self.fetching_ms + other.fetching_ms,
            self.computing_ms + other.computing_ms,
            self.storing_ms + other.storing_ms,
        )


def hour_of(moment: datetime) -> datetime:
    """Return the full hour that a moment lies in."""
    return moment.replace(minute=0, second=0, microsecond=0)
