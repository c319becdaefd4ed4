"""The mean of a model's scores with the interval that suits them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from apps.core.domain.intervals import LEVEL, Interval, t_quantile, wilson_interval
from apps.core.domain.moments import (
    BoolArray,
    FloatArray,
    IntArray,
    Moments,
    group_columns,
    row_moments,
)

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence


class IntervalMethod(StrEnum):
    """How an interval came about; `NONE` where the scores do not determine one."""

    WILSON = "wilson"
    T = "t"
    CLUSTERED_T = "clustered-t"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class MeanEstimate:
    """A mean over `n` items that make `units` independent units."""

    mean: float
    n: int
    units: int
    interval: Interval | None
    method: IntervalMethod


def estimate_mean(
    scores: Sequence[float],
    clusters: Sequence[Hashable] | None = None,
    *,
    unit_scale: bool = True,
    level: float = LEVEL,
) -> MeanEstimate:
    """Will estimate one mean with its interval; see `estimate_means` for the choice.

    Args:
        scores: one finite number per item, repeats already averaged.
        clusters: the cluster of each item, where items share a source.
        unit_scale: whether scores can only lie within 0-1.
        level: the confidence level.

    Raises:
        ValueError: no score, or not one cluster per score.
    """
    if not scores or (clusters is not None and len(clusters) != len(scores)):
        raise ValueError(f"{len(scores)} scores")
    row = np.asarray(scores, dtype=np.float64).reshape(1, -1)
    starts = None
    if clusters is not None:
        grouping = group_columns(clusters)
        row, starts = row[:, grouping.order], grouping.starts
    return estimate_means(row, starts, unit_scale=unit_scale, level=level)[0]


def estimate_means(
    values: FloatArray,
    starts: IntArray | None,
    *,
    unit_scale: bool,
    level: float = LEVEL,
) -> list[MeanEstimate]:
    """Will estimate the mean of each row that has a score.

    Scores of 0 and 1 without clusters get Wilson's interval, others the t interval
    of their standard error, clustered where `starts` is given. Where no spread can be
    seen (one unit, or units that all agree) a t interval would be a point: on the
    0-1 scale Wilson's interval for as many trials as there are units replaces it
    (conservative), on an unknown scale there is none.

    Args:
        values: models x items in cluster order, NaN where there is no score; every
            row has at least one score.
        starts: first column of each cluster, or None.
        unit_scale: whether scores can only lie within 0-1.
        level: the confidence level.
    """
    moments = row_moments(values, starts)
    half_widths = _half_widths(moments, level)
    proportions = rows_of_zero_and_one(values) & (starts is None) & unit_scale
    spread_method = IntervalMethod.T if starts is None else IntervalMethod.CLUSTERED_T
    estimates = []
    for row, half in enumerate(half_widths):
        mean, units = float(moments.mean[row]), int(moments.units[row])
        interval: Interval | None = None
        method = IntervalMethod.NONE
        if half > 0 and not proportions[row]:
            interval, method = Interval(mean - half, mean + half), spread_method
            interval = interval.clipped(0.0, 1.0) if unit_scale else interval
        elif unit_scale:
            interval = wilson_interval(mean * units, units, level=level)
            method = IntervalMethod.WILSON
        n = int(moments.n[row])
        estimates.append(MeanEstimate(mean, n, units, interval, method))
    return estimates


def rows_of_zero_and_one(values: FloatArray) -> BoolArray:
    """Tell for each row whether every score that it has is 0 or 1."""
    allowed = (values == 0) | (values == 1) | np.isnan(values)
    return np.asarray(allowed.all(axis=1), dtype=np.bool_)


def _half_widths(moments: Moments, level: float) -> list[float]:
    """Half the width of each t interval; 0 where there is no spread to see."""
    widths = t_quantile(level, moments.df) * moments.standard_error
    return [float(width) for width in np.nan_to_num(widths)]
