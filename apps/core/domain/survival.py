"""How long until something happens, where for some it has not happened yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from apps.core.domain.intervals import LEVEL, Interval, normal_quantile

if TYPE_CHECKING:
    from apps.core.domain.moments import BoolArray, FloatArray

HALF = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class SurvivalCurve:
    """The share for which it has not happened by each of `times`, with its band.

    `times` are those at which it happened to somebody; `low` and `high` are NaN where
    the band is unknown (nobody is left).
    """

    times: FloatArray
    share: FloatArray
    low: FloatArray
    high: FloatArray
    n: int
    happened: int

    @property
    def median(self) -> float | None:
        """Return the first time by which it has happened to half; None if never yet."""
        return _first_at_half(self.times, self.share)

    @property
    def median_interval(self) -> tuple[float | None, float | None]:
        """Return the times at which each edge of the band passes one half.

        Brookmeyer and Crowley 1982, Biometrics 38:29-41. None: later than was seen.
        """
        return (
            _first_at_half(self.times, self.low),
            _first_at_half(self.times, self.high),
        )

    def at(self, time: float) -> tuple[float, Interval | None]:
        """Return the share left just after `time`, with its interval where known."""
        place = int(np.searchsorted(self.times, time, side="right")) - 1
        if place < 0:
            return 1.0, None
        low, high = float(self.low[place]), float(self.high[place])
        known = None if np.isnan(low) else Interval(low, high)
        return float(self.share[place]), known


def kaplan_meier(
    durations: FloatArray, happened: BoolArray, *, level: float = LEVEL
) -> SurvivalCurve:
    """Will estimate the survival curve from durations of which some were cut short.

    Π (1 − d/r) over the times at which d of the r still watched had it happen (Kaplan
    and Meier 1958, JASA 53:457-481). Band: Greenwood's variance on the scale
    log(−log S) (Kalbfleisch and Prentice 1980, section 1.3), pointwise. Assumes that
    being cut short says nothing about when it would have happened; of those cut
    short at the time of an event the event is taken to come first.

    Args:
        durations: how long each was watched, ≥ 0.
        happened: whether it happened at the end of that; False: cut short.
        level: the confidence level of the band.

    Raises:
        ValueError: the lengths differ, or a duration is negative.
    """
    if len(durations) != len(happened) or np.any(durations < 0):
        raise ValueError("one duration of 0 or more is needed for each")
    times, events = np.unique(durations[happened], return_counts=True)
    ordered = np.sort(durations)
    at_risk = len(durations) - np.searchsorted(ordered, times, side="left")
    share: FloatArray = np.cumprod(1 - events / at_risk, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        greenwood = np.cumsum(events / (at_risk * (at_risk - events)))
        logs = np.log(share)
        half = normal_quantile(level) * np.sqrt(greenwood) / np.abs(logs)
        low, high = share ** np.exp(half), share ** np.exp(-half)
    gone = share <= 0
    low[gone], high[gone] = np.nan, np.nan
    return SurvivalCurve(times, share, low, high, len(durations), int(happened.sum()))


def _first_at_half(times: FloatArray, curve: FloatArray) -> float | None:
    below = np.flatnonzero(curve <= HALF)
    return float(times[below[0]]) if len(below) else None
