"""Confidence intervals of one mean or proportion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from apps.core.domain.moments import (
    MIN_UNITS,
    FloatArray,
    IntArray,
    Moments,
    group_columns,
    row_moments,
)
from apps.core.domain.student import student_quantile

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

LEVEL = 0.95
# Blocks of 16 MB: 2,000 draws of 20,000 clusters would fill 640.
_PICKS_AT_ONCE = 1 << 20


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval in the units of the score."""

    low: float
    high: float

    def clipped(self, low: float, high: float) -> Interval:
        """Cut to the values that are possible at all."""
        return Interval(max(self.low, low), min(self.high, high))


def normal_quantile(level: float) -> float:
    """Two-sided critical value of the normal distribution, 1.96 for 0.95."""
    return float(special.ndtri((1 + level) / 2))


def t_quantile(level: float, df: FloatArray) -> FloatArray:
    """Two-sided critical values of Student's t, one per degrees of freedom."""
    return student_quantile((1 + level) / 2, df)


def wilson_interval(successes: float, n: float, *, level: float = LEVEL) -> Interval:
    """Will give the score interval of a proportion (Wilson 1927, JASA 22:209-212).

    Assumes n independent trials of one probability. It stays inside 0-1, and keeps a
    width where all trials agree, which Wald's and the bootstrap's do not.
    `successes` may be fractional: of all distributions on 0-1 with a given mean the
    0/1 one varies most, so for partial credit the interval is conservative. So may n,
    where trials that share something count for fewer.

    Raises:
        ValueError: n is below 1, or `successes` is not between 0 and n.
    """
    if n < 1 or not 0 <= successes <= n:
        raise ValueError(f"{successes} successes of {n} trials")
    z2 = normal_quantile(level) ** 2
    share = successes / n
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = (z2 * (share * (1 - share) / n + z2 / (4 * n * n))) ** 0.5 / (1 + z2 / n)
    # Rounding must not push an end past the share that was seen.
    return Interval(
        min(share, max(0.0, centre - half)), max(share, min(1.0, centre + half))
    )


def t_interval(values: Sequence[float], *, level: float = LEVEL) -> Interval | None:
    """Will give mean ± t(n-1) s / sqrt(n) (Student 1908, Biometrika 6:1-25).

    Assumes independent values whose mean is about normal. None below two values,
    where no spread can be seen.
    """
    return _interval(row_moments(_row(values)), level)


def clustered_standard_error(
    values: Sequence[float], clusters: Sequence[Hashable]
) -> float | None:
    """Will give the standard error of the mean when clusters are the draws.

    Formula, source and assumption: `row_moments`. None below two clusters.

    Raises:
        ValueError: there is not one cluster per value.
    """
    moments = _clustered(values, clusters)
    return None if moments.units[0] < MIN_UNITS else float(moments.standard_error[0])


def clustered_t_interval(
    values: Sequence[float], clusters: Sequence[Hashable], *, level: float = LEVEL
) -> Interval | None:
    """Will give mean ± t(df) times the clustered standard error.

    df is G - 1 for G clusters of one size and less for unequal ones; formula, source
    and assumption: `row_moments`. None below two clusters.

    Raises:
        ValueError: there is not one cluster per value.
    """
    return _interval(_clustered(values, clusters), level)


def cluster_bootstrap_interval(
    values: Sequence[float],
    clusters: Sequence[Hashable],
    *,
    rng: np.random.Generator,
    draws: int = 2000,
    level: float = LEVEL,
) -> Interval:
    """Will give the percentile interval of the mean over resampled clusters.

    Whole clusters are drawn with replacement (Davison and Hinkley 1997, Bootstrap
    Methods, section 3.8; percentiles: Efron and Tibshirani 1993, chapter 13).
    Assumes independent clusters and enough of them: it is too narrow below about 20,
    and collapses to a point where all clusters agree.

    Raises:
        ValueError: no value, or not one cluster per value.
    """
    row, starts = _grouped(values, clusters)
    sums = np.add.reduceat(row[0], starts)
    sizes = np.diff(np.append(starts, row.shape[1]))
    at_once = max(1, _PICKS_AT_ONCE // len(starts))
    means = np.concatenate(
        [
            _redraw(sums, sizes, rng, min(at_once, draws - done))
            for done in range(0, draws, at_once)
        ]
    )
    tail = (1 - level) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return Interval(float(low), float(high))


def _redraw(
    sums: FloatArray, sizes: IntArray, rng: np.random.Generator, draws: int
) -> FloatArray:
    picks = rng.integers(0, len(sums), size=(draws, len(sums)), dtype=np.int32)
    drawn: FloatArray = sums[picks].sum(axis=1) / sizes[picks].sum(axis=1)
    return drawn


def _row(values: Sequence[float]) -> FloatArray:
    return np.asarray(values, dtype=np.float64).reshape(1, -1)


def _grouped(
    values: Sequence[float], clusters: Sequence[Hashable]
) -> tuple[FloatArray, IntArray]:
    if not values or len(values) != len(clusters):
        raise ValueError(f"{len(values)} values with {len(clusters)} clusters")
    grouping = group_columns(clusters)
    return _row(values)[:, grouping.order], grouping.starts


def _clustered(values: Sequence[float], clusters: Sequence[Hashable]) -> Moments:
    row, starts = _grouped(values, clusters)
    return row_moments(row, starts)


def _interval(moments: Moments, level: float) -> Interval | None:
    if moments.units[0] < MIN_UNITS:
        return None
    half = t_quantile(level, moments.df)[0] * moments.standard_error[0]
    mean = float(moments.mean[0])
    return Interval(mean - float(half), mean + float(half))
