"""A number as reports carry it: never without what it was computed from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from apps.core.domain.forecasts import clustered_mean
from apps.core.domain.intervals import wilson_interval
from apps.core.domain.moments import cluster_codes, count_equal_clusters

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from apps.core.domain.moments import BoolArray, FloatArray

NOTHING = "no prediction has one yet"
ONE_EVENT = "one event shows no spread"
ALL_ALIKE = "all events agree, which leaves no spread to see"
# A skill is the difference of two Brier scores, a movement that of two prices.
DIFFERENCE = (-1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Figure:
    """A value of `n` predictions on `events` events, or the reason why there is none.

    `low` and `high` are the 95 % interval with events as what is drawn, `boot_low` and
    `boot_high` the same by resampling them. `reason` says what is missing, be it the
    value or only its interval; it is empty where nothing is. `p_above` is the one-sided
    p-value of a true value of 0 or less, for skills.
    """

    value: float | None
    n: int
    events: int
    low: float | None = None
    high: float | None = None
    boot_low: float | None = None
    boot_high: float | None = None
    standard_error: float | None = None
    p_above: float | None = None
    reason: str = ""


def pick(clusters: Sequence[Hashable], where: BoolArray) -> list[Hashable]:
    """Return the clusters of some of the rows."""
    return [clusters[place] for place in np.flatnonzero(where).tolist()]


def mean_figure(
    values: FloatArray,
    clusters: Sequence[Hashable],
    *,
    rng: np.random.Generator | None = None,
    missing: str = NOTHING,
    within: tuple[float, float] | None = None,
) -> Figure:
    """Will average over events, each weighing the same; see `clustered_mean`.

    `within` is what values can be at all: intervals are cut to it, which takes nothing
    from what they cover. Where no value is below 0, 0 is no hypothesis.
    """
    found = clustered_mean(values, clusters, rng=rng)
    if found is None:
        return Figure(None, 0, 0, reason=missing)
    reason = ""
    if found.interval is None:
        reason = ONE_EVENT if found.units == 1 else ALL_ALIKE
    interval, boot = found.interval, found.bootstrap
    if interval is not None and within is not None:
        interval = interval.clipped(*within)
    return Figure(
        value=found.mean,
        n=found.n,
        events=found.units,
        low=interval.low if interval else None,
        high=interval.high if interval else None,
        boot_low=boot.low if boot else None,
        boot_high=boot.high if boot else None,
        standard_error=found.standard_error,
        p_above=found.p_above if within is None or within[0] < 0 else None,
        reason=reason,
    )


def share_figure(
    marked: BoolArray, clusters: Sequence[Hashable], *, missing: str = NOTHING
) -> Figure:
    """Will give the share of predictions that are marked, each weighing the same.

    The interval is Wilson's, within 0 and 1, its trials `count_equal_clusters` of the
    events: wide enough where all predictions of an event are marked alike.
    """
    n, events = len(marked), len(set(clusters))
    if not n:
        return Figure(None, 0, 0, reason=missing)
    share = float(np.mean(marked))
    trials = count_equal_clusters(cluster_codes(clusters))
    interval = wilson_interval(share * trials, trials)
    return Figure(share, n, events, low=interval.low, high=interval.high)
