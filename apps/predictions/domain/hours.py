"""The hours that jobs stand for, and what came of one."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from apps.markets.domain.markets import Nature

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Codes = NDArray[np.integer[Any]]

# In arrays a nature is its place here.
NATURES = tuple(Nature)
HOUR = timedelta(hours=1)
# A job keeps the first errors by name and counts all.
MOST_ERRORS = 100


@dataclass(frozen=True, slots=True)
class LookError:
    """Why one prediction has no snapshot of an hour."""

    prediction_id: str
    error: str


@dataclass(frozen=True, slots=True)
class Counts:
    """What was done with some predictions, and on how many markets they are.

    `successful` were looked at, or ended with their market; `skipped` had nothing to
    look at, such as a market that is closed and not settled yet.
    """

    successful: int = 0
    failed: int = 0
    skipped: int = 0
    markets: int = 0

    @property
    def total_processed(self) -> int:
        """Return how many predictions were taken up."""
        return self.successful + self.failed + self.skipped

    def __add__(self, other: Counts) -> Counts:
        """Return what was done in both."""
        return Counts(
            self.successful + other.successful,
            self.failed + other.failed,
            self.skipped + other.skipped,
            self.markets + other.markets,
        )


def count_natures(**codes: Codes) -> dict[Nature, Counts]:
    """Count by nature: to each name of `Counts` belongs the nature of each one."""
    by_name = {
        name: np.bincount(of, minlength=len(NATURES)).tolist()
        for name, of in codes.items()
    }
    return {
        nature: Counts(**{name: found[place] for name, found in by_name.items()})
        for place, nature in enumerate(NATURES)
    }


@dataclass(frozen=True, slots=True)
class Tally:
    """What was done with predictions by nature, and the milliseconds of each phase."""

    natures: Mapping[Nature, Counts] = field(default_factory=dict)
    errors: Sequence[LookError] = field(default=())
    fetching_ms: float = 0.0
    computing_ms: float = 0.0
    storing_ms: float = 0.0

    @property
    def total(self) -> Counts:
        """Return what was done with those of all natures."""
        return sum(self.natures.values(), Counts())

    def of(self, nature: Nature) -> Counts:
        """Return what was done with those of one nature."""
        return self.natures.get(nature, Counts())

    def __add__(self, other: Tally) -> Tally:
        """Return what was done in both; of the errors the first ones."""
        return Tally(
            {nature: self.of(nature) + other.of(nature) for nature in NATURES},
            (*self.errors, *other.errors)[:MOST_ERRORS],
            self.fetching_ms + other.fetching_ms,
            self.computing_ms + other.computing_ms,
            self.storing_ms + other.storing_ms,
        )


def hour_of(moment: datetime) -> datetime:
    """Return the full hour that a moment lies in."""
    return moment.replace(minute=0, second=0, microsecond=0)
