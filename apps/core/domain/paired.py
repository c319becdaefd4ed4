"""Two models on the same items: the difference, its interval and its test."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from apps.core.domain.intervals import LEVEL, Interval, normal_quantile, t_quantile
from apps.core.domain.moments import (
    NO_SPREAD,
    BoolArray,
    FloatArray,
    IntArray,
    Moments,
    ObjectArray,
    group_columns,
    row_moments,
)
from apps.core.domain.power import (
    DESIGN,
    Design,
    least_detectable_discordants,
    least_detectable_from_errors,
)

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence


class PairedTest(StrEnum):
    """Which test a pair was given; `NONE` where no item is common to both."""

    MCNEMAR = "mcnemar"
    T = "paired-t"
    CLUSTERED_T = "clustered-t"
    SIGN = "sign"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """First less second model over the `n` items (`units` units) common to both.

    The interval is for this pair alone; `p` is not corrected for other pairs.
    `least_detectable` is None where no difference that the scale admits would
    probably show, or where the spread is unknown.
    """

    n: int
    units: int
    difference: float | None
    interval: Interval | None
    p: float | None
    test: PairedTest
    least_detectable: float | None


@dataclass(frozen=True, slots=True)
class PairSettings:
    """What all pairs of a comparison share."""

    unit_scale: bool = True
    level: float = LEVEL
    design: Design = DESIGN


PAIR_SETTINGS = PairSettings()

# Blocks of 2 MB: 300 models on 200 items would fill 72 MB an array.
_NUMBERS_AT_ONCE = 1 << 18


@dataclass(frozen=True, slots=True, eq=False)
class PairColumns:
    """`PairedDifference` of many pairs, a column a field; NaN is its None."""

    n: IntArray
    units: IntArray
    difference: FloatArray
    low: FloatArray
    high: FloatArray
    p: FloatArray
    least_detectable: FloatArray
    test: ObjectArray  # of PairedTest


def mcnemar_exact(only_first: int, only_second: int) -> float:
    """Will give the two-sided exact p-value for items on which two models disagree.

    min(1, 2 P(X <= min(b, c))) for X binomial with n = b + c and probability 1/2
    (McNemar 1947, Psychometrika 12:153-157, in its exact conditional form). Assumes
    independent items. Conservative: its false-alarm rate is at most alpha.

    Raises:
        ValueError: a count is negative.
    """
    if min(only_first, only_second) < 0:
        raise ValueError(f"{only_first} and {only_second} discordant items")
    counts = np.array([only_first]), np.array([only_second])
    return float(_mcnemar_p(*counts)[0])


def paired_difference(
    first: Sequence[float],
    second: Sequence[float],
    clusters: Sequence[Hashable] | None = None,
    *,
    settings: PairSettings = PAIR_SETTINGS,
) -> PairedDifference:
    """Will compare two models item by item; `compare_pairs` says how.

    Args:
        first: scores of the first model, one finite number per item.
        second: scores of the second model on the same items in the same order.
        clusters: the cluster of each item, where items share a source.
        settings: scale, confidence level and planned error rates.

    Raises:
        ValueError: the lengths differ, or there is no item.
    """
    lengths = {len(first), len(second), len(first if clusters is None else clusters)}
    if len(lengths) > 1 or not first:
        raise ValueError(f"{len(first)} and {len(second)} scores")
    rows = np.asarray([first, second], dtype=np.float64)
    starts = None
    if clusters is not None:
        grouping = group_columns(clusters)
        rows, starts = rows[:, grouping.order], grouping.starts
    return paired_differences(rows[0], rows[1:], starts, settings=settings)[0]


def paired_differences(
    first: FloatArray,
    others: FloatArray,
    starts: IntArray | None,
    *,
    settings: PairSettings,
) -> list[PairedDifference]:
    """Will compare one model with several; `compare_pairs` says how.

    Args:
        first: items in cluster order, NaN where there is no score.
        others: models x items, likewise.
        starts: first column of each cluster, or None.
        settings: scale, confidence level and planned error rates.
    """
    rows = np.vstack([first, others])
    right = np.arange(1, len(rows), dtype=np.int64)
    found = compare_pairs(
        rows, (np.zeros_like(right), right), starts, settings=settings
    )
    return [_row(found, index) for index in range(len(right))]


def compare_pairs(
    values: FloatArray,
    pairs: tuple[IntArray, IntArray],
    starts: IntArray | None,
    *,
    settings: PairSettings,
) -> PairColumns:
    """Will compare any pairs of models, each on the items that both have.

    Per-item differences carry the comparison (Miller 2024, arXiv 2411.00640, section
    4): 0/1 scores without clusters get McNemar's exact test and Bonett and Price's
    interval, others Student's t on the standard error of `row_moments` (clustered
    where `starts` is given). Where that error is 0 or unknown (one unit, or units
    that all differ alike) the t statistic does not exist; then the p-value is the
    sign test's, 2 · 0.5^u for u units that all point one way (Dixon and Mood 1946,
    JASA 41:557-566), and 1 where nothing differs; the interval is then the widest
    that the 0-1 scale admits, so it may hold 0 beside a small p. Assumes independent
    units.

    Args:
        values: models x items in cluster order, NaN where there is no score.
        pairs: rows of the first and of the second model of each pair.
        starts: first column of each cluster, or None.
        settings: scale, confidence level and planned error rates.
    """
    left, right = pairs
    at_once = max(1, _NUMBERS_AT_ONCE // max(1, values.shape[1]))
    blocks = [
        _compare_block(
            values, left[i : i + at_once], right[i : i + at_once], starts, settings
        )
        for i in range(0, max(1, len(left)), at_once)
    ]
    if len(blocks) == 1:
        return blocks[0]
    return PairColumns(
        **{
            field.name: np.concatenate([getattr(block, field.name) for block in blocks])
            for field in fields(PairColumns)
        }
    )


def adjusted_interval(
    total: float, total_of_squares: float, n: int, *, level: float = LEVEL
) -> Interval:
    """Will give the interval of a mean of n differences that lie within -1 to 1.

    Wald's interval after adding one difference of +1 and one of -1. On 0/1 scores it
    is Bonett and Price's (2012, J. Educational and Behavioral Statistics 37:479-488);
    it keeps a width where all differences agree. Assumes independent differences.
    """
    low, high = _adjusted_bounds(
        np.array([total]), np.array([total_of_squares]), np.array([n]), level
    )
    return Interval(float(low[0]), float(high[0]))


def _adjusted_bounds(
    totals: FloatArray | IntArray,
    totals_of_squares: FloatArray | IntArray,
    n: IntArray,
    level: float,
) -> tuple[FloatArray, FloatArray]:
    size = n + 2
    centre = totals / size
    variance = ((totals_of_squares + 2) / size - centre**2) / size
    half = normal_quantile(level) * np.sqrt(np.maximum(variance, 0.0))
    return np.maximum(centre - half, -1.0), np.minimum(centre + half, 1.0)


def _mcnemar_p(only_first: IntArray, only_second: IntArray) -> FloatArray:
    fewer = np.minimum(only_first, only_second)
    tail = special.bdtr(fewer, only_first + only_second, 0.5)
    doubled: FloatArray = np.minimum(1.0, 2.0 * tail)
    return doubled


def _compare_block(
    values: FloatArray,
    left: IntArray,
    right: IntArray,
    starts: IntArray | None,
    settings: PairSettings,
) -> PairColumns:
    differences = values[left] - values[right]
    sizes = np.nanmax(np.abs(values), axis=1, initial=0.0)
    scale = np.maximum(sizes[left], sizes[right])
    moments = row_moments(differences, starts, scale=scale)
    test = PairedTest.T if starts is None else PairedTest.CLUSTERED_T
    found = _by_spread(moments, settings, test)
    compared = moments.n > 0
    _judge_by_sign(
        found, compared & np.isnan(found.low), settings, noise=NO_SPREAD * scale
    )
    if starts is None and settings.unit_scale:
        countable = compared & ~_holds_fractions(values, left, right, differences)
        _judge_by_counts(found, countable, differences, settings)
    found.test[~compared] = PairedTest.NONE
    return found


def _by_spread(
    moments: Moments, settings: PairSettings, test: PairedTest
) -> PairColumns:
    """Judge differences by their standard error; NaN where it is 0 or unknown."""
    errors = np.where(moments.standard_error > 0, moments.standard_error, np.nan)
    half = t_quantile(settings.level, moments.df) * errors
    low, high = moments.mean - half, moments.mean + half
    detectable = least_detectable_from_errors(errors, moments.df, settings.design)
    if settings.unit_scale:
        low, high = np.maximum(low, -1.0), np.minimum(high, 1.0)
        detectable[detectable > 1.0] = np.nan
    tests = np.empty(len(half), dtype=np.object_)
    tests[:] = test  # `np.full` would make a plain text of it
    return PairColumns(
        n=moments.n,
        units=moments.units.copy(),
        difference=moments.mean,
        low=low,
        high=high,
        p=2.0 * special.stdtr(moments.df, -np.abs(moments.mean / errors)),
        least_detectable=detectable,
        test=tests,
    )


def _judge_by_sign(
    found: PairColumns, rows: BoolArray, settings: PairSettings, *, noise: FloatArray
) -> None:
    """Fill in the rows whose units all differ alike."""
    mean, units = found.difference[rows], found.units[rows]
    if settings.unit_scale:
        found.low[rows], found.high[rows] = _adjusted_bounds(
            mean * units, mean**2 * units, units, settings.level
        )
    else:
        found.high[rows] = np.nan
    alike = np.minimum(1.0, 2.0 * 0.5**units)
    found.p[rows] = np.where(np.abs(mean) <= noise[rows], 1.0, alike)
    found.least_detectable[rows] = np.nan
    found.test[rows] = PairedTest.SIGN


def _holds_fractions(
    values: FloatArray, left: IntArray, right: IntArray, differences: FloatArray
) -> BoolArray:
    """Tell for each pair whether a score of a common item is neither 0 nor 1."""
    fractions = ~((values == 0) | (values == 1) | np.isnan(values))
    if not fractions.any():
        return np.zeros(len(left), dtype=np.bool_)
    common = ~np.isnan(differences)
    held: BoolArray = ((fractions[left] | fractions[right]) & common).any(axis=1)
    return held


def _judge_by_counts(
    found: PairColumns,
    rows: BoolArray,
    differences: FloatArray,
    settings: PairSettings,
) -> None:
    """Fill in the rows of differences between 0/1 scores."""
    if not rows.any():
        return
    n = found.n[rows]
    wins = (differences[rows] == 1).sum(axis=1, dtype=np.int64)
    losses = (differences[rows] == -1).sum(axis=1, dtype=np.int64)
    found.units[rows] = n
    found.difference[rows] = (wins - losses) / n
    found.low[rows], found.high[rows] = _adjusted_bounds(
        wins - losses, wins + losses, n, settings.level
    )
    found.p[rows] = _mcnemar_p(wins, losses)
    found.least_detectable[rows] = least_detectable_discordants(
        (wins + losses) / n, n, design=settings.design
    )
    found.test[rows] = PairedTest.MCNEMAR


def _row(found: PairColumns, index: int) -> PairedDifference:
    low, high = float(found.low[index]), float(found.high[index])
    return PairedDifference(
        n=int(found.n[index]),
        units=int(found.units[index]),
        difference=_known(found.difference[index]),
        interval=None if np.isnan(low) else Interval(low, high),
        p=_known(found.p[index]),
        test=found.test[index],
        least_detectable=_known(found.least_detectable[index]),
    )


def _known(number: float) -> float | None:
    return None if np.isnan(number) else float(number)
