"""How long until something happens, where for some it has not happened yet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from apps.core.domain.intervals import LEVEL, Interval, normal_quantile, t_quantile
from apps.core.domain.moments import cluster_codes

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

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
    durations: FloatArray,
    happened: BoolArray,
    clusters: Sequence[Hashable] | None = None,
    *,
    level: float = LEVEL,
) -> SurvivalCurve:
    """Will estimate the survival curve from durations of which some were cut short.

    Π (1 − d/r) over the times at which d of the r still watched had it happen (Kaplan
    and Meier 1958, JASA 53:457-481). Band: Greenwood's variance on the scale
    log(−log S) (Kalbfleisch and Prentice 1980, section 1.3), pointwise. With clusters
    the variance is that of log S by the infinitesimal jackknife, summed by cluster
    (Williams 1995, Lifetime Data Analysis 1:171-186), with Student's t of one degree
    less than there are clusters; there is no band with one. Assumes that being cut
    short says nothing about when it would have happened; of those cut short at the
    time of an event the event is taken to come first.

    Args:
        durations: how long each was watched, ≥ 0.
        happened: whether it happened at the end of that; False: cut short.
        clusters: what each shares with others; None: nothing.
        level: the confidence level of the band.

    Raises:
        ValueError: the lengths differ, or a duration is negative.
    """
    if len(durations) != len(happened) or np.any(durations < 0):
        raise ValueError("one duration of 0 or more is needed for each")
    if clusters is not None and len(clusters) != len(durations):
        raise ValueError("one cluster is needed for each duration")
    times, events = np.unique(durations[happened], return_counts=True)
    ordered = np.sort(durations)
    at_risk = len(durations) - np.searchsorted(ordered, times, side="left")
    share: FloatArray = np.cumprod(1 - events / at_risk, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        if clusters is None:
            errors = np.sqrt(np.cumsum(events / (at_risk * (at_risk - events))))
            quantile = normal_quantile(level)
        else:
            errors, units = _clustered_errors(durations, happened, clusters)
            quantile = float(t_quantile(level, np.array([units - 1.0]))[0])
        half = quantile * errors / np.abs(np.log(share))
        low, high = share ** np.exp(half), share ** np.exp(-half)
    gone = (share <= 0) | np.isnan(half)
    low[gone], high[gone] = np.nan, np.nan
    return SurvivalCurve(times, share, low, high, len(durations), int(happened.sum()))


@dataclass(slots=True)
class _Watched:
    """Who is still watched, by cluster, and how far each cluster has moved log S.

    A cluster's move grows with every event by as many as it has that are watched: of
    all clusters together that is three sums, and each is brought up to date only when
    one of its own leaves.
    """

    watched: list[int]
    moves: list[float] = field(default_factory=list)
    seen: list[float] = field(default_factory=list)
    hazard: float = 0.0
    squares: float = 0.0  # of the moves
    products: float = 0.0  # of moves and watched
    weights: float = 0.0  # squares of the watched

    def __post_init__(self) -> None:
        self.moves = [0.0] * len(self.watched)
        self.seen = [0.0] * len(self.watched)
        self.weights = float(sum(n * n for n in self.watched))

    def happen(self, hazard: float) -> None:
        """Let an event move everybody who is watched."""
        self.squares += 2 * hazard * self.products + hazard**2 * self.weights
        self.products += hazard * self.weights
        self.hazard += hazard

    def meet(self, cluster: int, share: float) -> None:
        """Let one of a cluster be whom the event happened to."""
        self._update(cluster)
        self.squares += share**2 - 2 * share * self.moves[cluster]
        self.products -= share * self.watched[cluster]
        self.moves[cluster] -= share

    def leave(self, cluster: int) -> None:
        """Let one of a cluster be watched no longer."""
        self._update(cluster)
        self.weights -= 2 * self.watched[cluster] - 1
        self.products -= self.moves[cluster]
        self.watched[cluster] -= 1

    def _update(self, cluster: int) -> None:
        since = self.hazard - self.seen[cluster]
        self.moves[cluster] += self.watched[cluster] * since
        self.seen[cluster] = self.hazard


def _clustered_errors(
    durations: FloatArray, happened: BoolArray, clusters: Sequence[Hashable]
) -> tuple[FloatArray, int]:
    """Return the standard error of log S at each time, and how many clusters there are.

    An event with r watched of whom it happens to d moves log S by d/(r(r − d)) for
    each who is watched, and by −1/(r − d) for each to whom it happens.
    """
    order = np.argsort(durations, kind="stable")
    codes = cluster_codes(clusters)[order]
    state = _Watched(np.bincount(codes).tolist())
    _, firsts = np.unique(durations[order], return_index=True)
    ends = np.append(firsts[1:], len(order))[: len(firsts)].tolist()
    # Lists, for each step is of one or two and an array would cost more to cut.
    names, is_met = codes.tolist(), happened[order].tolist()
    variances: list[float] = []
    for first, end in zip(firsts.tolist(), ends, strict=True):
        here = names[first:end]
        met = [
            name for name, is_one in zip(here, is_met[first:end], strict=True) if is_one
        ]
        left = len(names) - first - len(met)
        if met and left:
            state.happen(len(met) / ((left + len(met)) * left))
            for cluster in met:
                state.meet(cluster, 1 / left)
        if met:
            variances.append(state.squares if left else np.nan)
        for cluster in here:
            state.leave(cluster)
    units = len(state.watched)
    found = np.maximum(np.array(variances, dtype=np.float64), 0.0)
    factor = units / (units - 1) if units > 1 else np.nan
    return np.asarray(np.sqrt(found * factor)), units


def _first_at_half(times: FloatArray, curve: FloatArray) -> float | None:
    below = np.flatnonzero(curve <= HALF)
    return float(times[below[0]]) if len(below) else None
