"""Whether two columns rise together, whatever their scales."""

from __future__ import annotations

from dataclasses import dataclass
from math import atanh, sqrt, tanh
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from apps.core.domain.intervals import LEVEL, Interval, t_quantile
from apps.core.domain.moments import cluster_codes

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from apps.core.domain.moments import FloatArray

MIN_PAIRS = 30
# Nearer to −1 and 1 the pairs leave no spread that an interval could be made of.
_NO_SPREAD = 1e-9


@dataclass(frozen=True, slots=True)
class RankCorrelation:
    """Spearman's rho over `n` pairs of `units` clusters.

    `reason` says why it is None, or why there is no interval.
    """

    rho: float | None
    interval: Interval | None
    n: int
    units: int
    reason: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class _Column:
    """The ranks of a column as shares, less their mean."""

    values: FloatArray
    grades: FloatArray
    variance: float

    def above(self, weights: FloatArray) -> FloatArray:
        """Will average the weights of what lies above each value, ties by half."""
        order = np.argsort(self.values, kind="stable")
        up_to = np.concatenate([[0.0], np.cumsum(weights[order])])
        ordered = self.values[order]
        below = up_to[np.searchsorted(ordered, self.values, side="left")]
        upon = up_to[np.searchsorted(ordered, self.values, side="right")]
        found = (up_to[-1] - (below + upon) / 2) / len(weights)
        return np.asarray(found - found.mean())


def rank_correlation(
    first: FloatArray,
    second: FloatArray,
    clusters: Sequence[Hashable],
    *,
    min_pairs: int = MIN_PAIRS,
    level: float = LEVEL,
) -> RankCorrelation:
    """Will give Spearman's rho, the correlation of mid-ranks, with its interval.

    Spearman 1904, American J. Psychology 15:72-101; every pair weighs the same. The
    interval draws clusters: rho's infinitesimal jackknife (Efron 1982, The Jackknife,
    the Bootstrap and Other Resampling Plans, chapter 6), what each pair moves rho
    by, is summed by cluster, and the spread of the sums is its standard error as if
    each cluster had been left out in turn. It is laid around Fisher's z, with Student's
    t of one degree less than there are clusters. Assumes independent clusters, and
    nothing of pairs within one.

    None below `min_pairs`, where the interval says next to nothing, and where a column
    is constant, which has no rank. No interval with one cluster, and where all pairs
    are in the same order.

    Raises:
        ValueError: the columns differ in length.
    """
    n, units = len(first), len(set(clusters))
    if n != len(second) or n != len(clusters):
        raise ValueError(f"{n}, {len(second)} and {len(clusters)} values")
    if n < min_pairs:
        reason = f"{n} pairs, fewer than {min_pairs}"
        return RankCorrelation(None, None, n, units, reason)
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return RankCorrelation(None, None, n, units, "one of both never varies")
    a, b = _grade(first), _grade(second)
    covariance = float((a.grades * b.grades).mean())
    rho = float(np.clip(covariance / sqrt(a.variance * b.variance), -1.0, 1.0))
    if units == 1:
        return RankCorrelation(rho, None, n, units, "one event shows no spread")
    if 1 - abs(rho) < _NO_SPREAD:
        return RankCorrelation(rho, None, n, units, "all pairs are in one order")
    error = _clustered_error(_influence(a, b, covariance, rho), clusters)
    half = float(t_quantile(level, np.array([units - 1.0]))[0]) * error / (1 - rho**2)
    z = atanh(rho)
    return RankCorrelation(rho, Interval(tanh(z - half), tanh(z + half)), n, units)


def _grade(values: FloatArray) -> _Column:
    ranks = stats.rankdata(values) / len(values)
    grades = ranks - ranks.mean()
    return _Column(values, grades, float((grades**2).mean()))


def _influence(a: _Column, b: _Column, covariance: float, rho: float) -> FloatArray:
    """Return by how much each pair moves rho, a share of n.

    A pair counts by its own ranks, and by the ranks that it gives to all others.
    """
    moved = a.grades * b.grades - covariance + a.above(b.grades) + b.above(a.grades)
    spreads = [
        (one.grades**2 - one.variance + 2 * one.above(one.grades)) / one.variance
        for one in (a, b)
    ]
    scaled = moved / sqrt(a.variance * b.variance)
    return np.asarray(scaled - rho / 2 * (spreads[0] + spreads[1]))


def _clustered_error(influence: FloatArray, clusters: Sequence[Hashable]) -> float:
    """Return the standard error of a mean of influences, clusters being drawn."""
    codes = cluster_codes(clusters)
    sums, sizes = np.bincount(codes, influence), np.bincount(codes)
    units = len(sizes)
    left_out = sums / (len(codes) - sizes)
    return sqrt((units - 1) / units * float((left_out**2).sum()))
