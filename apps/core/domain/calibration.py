"""Whether what is said to happen in three of ten cases does: bins and their sums."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi
from typing import TYPE_CHECKING

import numpy as np

from apps.core.domain.intervals import LEVEL, Interval, wilson_interval
from apps.core.domain.moments import count_equal_clusters

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from apps.core.domain.moments import FloatArray, IntArray

BINS = 10
# Prices have eight decimals. 1 − 0.9 is 0.09999999999999998 in floats and belongs to
# the bin from 0.1 on: numbers are put right here before they are put into bins.
_DECIMALS = 9


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Forecasts from `low` up to but without `high` (the last bin has its 1).

    `share` of the `n` came true, and `interval` is Wilson's for as many trials as there
    are `units` (events) in the bin. All three are None in an empty bin.
    """

    low: float
    high: float
    n: int
    units: int
    mean: float | None
    share: float | None
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class MurphyDecomposition:
    """brier = reliability − resolution + uncertainty + within_bins.

    Reliability (0 is best) is how far shares lie from what was said, resolution (more
    is better) how far they lie from the base rate, uncertainty what the base rate
    leaves open.
    """

    brier: float
    reliability: float
    resolution: float
    uncertainty: float
    within_bins: float
    base_rate: float
    n: int


@dataclass(frozen=True, slots=True)
class CalibrationError:
    """The expected calibration error, and what chance alone would make of it."""

    ece: float
    if_calibrated: float
    n: int


def bin_of(probabilities: FloatArray, bins: int = BINS) -> IntArray:
    """Tell each forecast's bin: k holds k/bins ≤ q < (k + 1)/bins, the last one 1 too.

    Raises:
        ValueError: a forecast is not within 0-1.
    """
    q = np.round(np.asarray(probabilities, dtype=np.float64), _DECIMALS)
    if not np.all((q >= 0) & (q <= 1)):
        raise ValueError("a forecast is not within 0-1")
    edges = np.arange(1, bins) / bins
    return np.searchsorted(np.round(edges, _DECIMALS), q, side="right").astype(np.int64)


def reliability_bins(
    probabilities: FloatArray,
    values: FloatArray,
    clusters: Sequence[Hashable] | None = None,
    *,
    bins: int = BINS,
    level: float = LEVEL,
) -> tuple[ReliabilityBin, ...]:
    """Will give the reliability diagram (Murphy and Winkler 1977, Applied Statistics).

    The band is Wilson's for independent events of one probability a bin. Where events
    have several forecasts in a bin its trials are `count_equal_clusters`, which is wide
    enough where all of an event come alike.

    Args:
        probabilities: the forecasts, within 0-1.
        values: what came, 0 or 1 each.
        clusters: the event of each; None where every forecast is its own.
        bins: how many bins of one width.
        level: the confidence level of the bands.
    """
    which = bin_of(probabilities, bins)
    names = np.arange(len(which)) if clusters is None else _codes(clusters)
    found = []
    for k in range(bins):
        inside = which == k
        n, units = int(inside.sum()), len(np.unique(names[inside]))
        low, high = k / bins, (k + 1) / bins
        if n == 0:
            found.append(ReliabilityBin(low, high, 0, 0, None, None, None))
            continue
        share = float(values[inside].mean())
        trials = count_equal_clusters(names[inside])
        band = wilson_interval(share * trials, trials, level=level)
        mean = float(probabilities[inside].mean())
        found.append(ReliabilityBin(low, high, n, units, mean, share, band))
    return tuple(found)


def decompose_brier(
    probabilities: FloatArray, values: FloatArray, *, bins: int = BINS
) -> MurphyDecomposition | None:
    """Will take the mean Brier score apart into what it is made of; None of nothing.

    Murphy 1973, J. Applied Meteorology 12:595-600, over bins, with what forecasts
    differ inside their bins as a fourth term (Stephenson, Coelho and Jolliffe 2008,
    Weather and Forecasting 23:752-757: within-bin variance less covariance), so that
    the four add up exactly. Reliability and resolution are both biased upward where
    bins are small; in their difference most of that cancels.
    """
    if len(values) == 0:
        return None
    counts, said, came = _per_bin(probabilities, values, bins)
    share = counts / len(values)
    base = float(values.mean())
    brier = float(((probabilities - values) ** 2).mean())
    reliability = float((share * (said - came) ** 2).sum())
    resolution = float((share * (came - base) ** 2).sum())
    uncertainty = float(((values - base) ** 2).mean())
    return MurphyDecomposition(
        brier=brier,
        reliability=reliability,
        resolution=resolution,
        uncertainty=uncertainty,
        # What rounding leaves of a sum of four is no part of it.
        within_bins=round(brier - (reliability - resolution + uncertainty), 12),
        base_rate=base,
        n=len(values),
    )


def calibration_error(
    probabilities: FloatArray, values: FloatArray, *, bins: int = BINS
) -> CalibrationError | None:
    """Will give Σ n_k/n · |share_k − mean_k|; None of nothing.

    Naeini, Cooper and Hauskrecht 2015 (AAAI 29:2901-2907). It is above 0 for a perfect
    forecaster too: `if_calibrated` is its expectation where every forecast is the true
    probability of an independent event, Σ n_k/n · √(2/π · Σ q(1 − q)) / n_k (the mean
    of a half-normal; close from about ten forecasts a bin on).
    """
    if len(values) == 0:
        return None
    counts, said, came = _per_bin(probabilities, values, bins)
    n = len(values)
    variances = np.bincount(
        bin_of(probabilities, bins),
        weights=probabilities * (1 - probabilities),
        minlength=bins,
    )
    chance = float(np.sqrt(2 / pi * variances).sum() / n)
    return CalibrationError(float((counts / n * np.abs(came - said)).sum()), chance, n)


def _per_bin(
    probabilities: FloatArray, values: FloatArray, bins: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Count each bin's forecasts, average what was said and what came; 0 if empty."""
    which = bin_of(probabilities, bins)
    counts = np.bincount(which, minlength=bins).astype(np.float64)
    full = np.maximum(counts, 1)
    said = np.bincount(which, weights=probabilities, minlength=bins) / full
    came = np.bincount(which, weights=values, minlength=bins) / full
    return counts, said, came


def _codes(clusters: Sequence[Hashable]) -> IntArray:
    seen: dict[Hashable, int] = {}
    return np.array([seen.setdefault(name, len(seen)) for name in clusters])
