"""Scores of probabilities: each forecast against what came, and against a reference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from apps.core.domain.intervals import (
    LEVEL,
    Interval,
    cluster_bootstrap_interval,
    t_interval,
)
from apps.core.domain.moments import MIN_UNITS, FloatArray, cluster_means

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

# A forecast of 0 or 1 that fails has an infinite log score, and one such row would be
# all that a mean says. Forecasts are moved this far from 0 and 1 before the logarithm.
CLIP = 1e-3
DRAWS = 1999


@dataclass(frozen=True, slots=True)
class ClusteredMean:
    """The mean over clusters of each cluster's mean: every cluster weighs the same.

    `n` counts forecasts, `units` clusters. The interval is Student's over the clusters'
    means, `bootstrap` the same by resampling clusters. `p_above` is one-sided, for a
    true mean of 0 or less. All three are None below two clusters or without a spread.
    """

    mean: float
    n: int
    units: int
    standard_error: float | None
    interval: Interval | None
    bootstrap: Interval | None
    p_above: float | None


def brier_scores(probabilities: FloatArray, values: FloatArray) -> FloatArray:
    """Will give (q − y)² of each forecast, 0 being best.

    Brier 1950, Monthly Weather Review 78:1-3, in the form for one of two outcomes. A
    strictly proper score: no other report than one's belief has a better expectation.
    """
    return np.asarray((probabilities - values) ** 2, dtype=np.float64)


def log_scores(
    probabilities: FloatArray, values: FloatArray, *, clip: float = CLIP
) -> FloatArray:
    """Will give −y ln q − (1 − y) ln(1 − q) of each forecast, 0 being best.

    Good 1952, J. Royal Statistical Society B 14:107-114. q is cut to clip … 1 − clip
    first, so the worst score is −ln(clip); within the cut the score is strictly proper.
    """
    q = np.clip(probabilities, clip, 1 - clip)
    return np.asarray(-special.xlogy(values, q) - special.xlogy(1 - values, 1 - q))


def paired_skills(
    probabilities: FloatArray, reference: FloatArray, values: FloatArray
) -> FloatArray:
    """Will give (p − y)² − (q − y)²: how much better than the reference, in Brier.

    Positive where the forecast was nearer. What made the event hard is in both terms.
    Copying the reference gives 0, and where the reference is right in expectation, no
    other forecast has an expectation above 0: it is −(q − p)².
    """
    return np.asarray((reference - values) ** 2 - (probabilities - values) ** 2)


def skill_score(score: float, reference: float) -> float | None:
    """Will give 1 − score / reference (Murphy 1973); None where the reference is 0."""
    return None if reference == 0 else 1 - score / reference


def clustered_mean(
    values: Sequence[float] | FloatArray,
    clusters: Sequence[Hashable],
    *,
    rng: np.random.Generator | None = None,
    level: float = LEVEL,
) -> ClusteredMean | None:
    """Will estimate a mean in which every cluster weighs the same; None of nothing.

    The forecasts of one event share its outcome, so the event is what is drawn: its
    forecasts are averaged, and Student's t is taken over the events (the summary
    measures of Matthews, Altman, Campbell and Royston 1990, BMJ 300:230-235). Assumes
    independent clusters.

    Args:
        values: one finite number per forecast, higher being better.
        clusters: what each shares with others.
        rng: resamples clusters `DRAWS` times; without it there is no bootstrap.
        level: the confidence level.

    Raises:
        ValueError: there is not one cluster per value.
    """
    if len(values) == 0 and len(clusters) == 0:
        return None
    means = cluster_means(values, clusters)
    units, mean = len(means), float(means.mean())
    interval = t_interval(means.tolist(), level=level)
    if units < MIN_UNITS or interval is None or interval.low == interval.high:
        return ClusteredMean(mean, len(values), units, None, None, None, None)
    error = float(means.std(ddof=1)) / units**0.5
    return ClusteredMean(
        mean=mean,
        n=len(values),
        units=units,
        standard_error=error,
        interval=interval,
        bootstrap=None if rng is None else _resample(means, rng, level),
        p_above=float(special.stdtr(units - 1, -mean / error)),
    )


def _resample(means: FloatArray, rng: np.random.Generator, level: float) -> Interval:
    return cluster_bootstrap_interval(
        means.tolist(), range(len(means)), rng=rng, draws=DRAWS, level=level
    )
