"""Whether two columns rise together, whatever their scales."""

from __future__ import annotations

from dataclasses import dataclass
from math import atanh, sqrt, tanh
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from apps.core.domain.intervals import LEVEL, Interval, normal_quantile

if TYPE_CHECKING:
    from apps.core.domain.moments import FloatArray

MIN_PAIRS = 30


@dataclass(frozen=True, slots=True)
class RankCorrelation:
    """Spearman's rho over `n` pairs; None with the reason where there is none."""

    rho: float | None
    interval: Interval | None
    n: int
    reason: str = ""


def rank_correlation(
    first: FloatArray,
    second: FloatArray,
    *,
    min_pairs: int = MIN_PAIRS,
    level: float = LEVEL,
) -> RankCorrelation:
    """Will give Spearman's rho, the correlation of mid-ranks, with its interval.

    Spearman 1904, American J. Psychology 15:72-101. The interval is Fisher's z with the
    standard error √((1 + rho²/2) / (n − 3)) of Bonett and Wright 2000, Psychometrika
    65:23-28. Assumes independent pairs. None below `min_pairs`, where the interval
    says next to nothing, and where a column is constant, which has no rank.

    Raises:
        ValueError: the columns differ in length.
    """
    n = len(first)
    if n != len(second):
        raise ValueError(f"{n} and {len(second)} values")
    if n < min_pairs:
        return RankCorrelation(None, None, n, f"{n} pairs, fewer than {min_pairs}")
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return RankCorrelation(None, None, n, "one of both never varies")
    ranks = stats.rankdata(first), stats.rankdata(second)
    rho = float(np.clip(np.corrcoef(*ranks)[0, 1], -1.0, 1.0))
    half = normal_quantile(level) * sqrt((1 + rho**2 / 2) / (n - 3))
    centre = atanh(np.clip(rho, -1 + 1e-15, 1 - 1e-15))
    return RankCorrelation(rho, Interval(tanh(centre - half), tanh(centre + half)), n)
