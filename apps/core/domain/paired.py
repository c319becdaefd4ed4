"""Two models on the same items: the difference, its interval and its test."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from apps.core.domain.estimates import rows_of_zero_and_one
from apps.core.domain.intervals import LEVEL, Interval, normal_quantile, t_quantile
from apps.core.domain.moments import (
    NO_SPREAD,
    BoolArray,
    FloatArray,
    IntArray,
    Moments,
    group_columns,
    row_moments,
)
from apps.core.domain.power import (
    DESIGN,
    Design,
    least_detectable_discordant,
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
    """Will compare two models item by item; `paired_differences` says how.

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
    """Will compare one model with several, each on the items that both have.

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
        first: items in cluster order, NaN where there is no score.
        others: models x items, likewise.
        starts: first column of each cluster, or None.
        settings: scale, confidence level and planned error rates.
    """
    differences = first[np.newaxis, :] - others
    size = float(np.nanmax(np.abs(np.vstack([first, others])), initial=0.0))
    moments = row_moments(differences, starts, scale=size)
    by_counts = _McNemarRows(differences, settings)
    test = PairedTest.T if starts is None else PairedTest.CLUSTERED_T
    by_spread = _SpreadRows(moments, settings, test, noise=NO_SPREAD * size)
    countable = _countable(first, others, differences) & (moments.n > 0)
    countable &= settings.unit_scale and starts is None
    return [
        by_counts.result(row) if countable[row] else by_spread.result(row)
        for row in range(len(others))
    ]


def adjusted_interval(
    total: float, total_of_squares: float, n: int, *, level: float = LEVEL
) -> Interval:
    """Will give the interval of a mean of n differences that lie within -1 to 1.

    Wald's interval after adding one difference of +1 and one of -1. On 0/1 scores it
    is Bonett and Price's (2012, J. Educational and Behavioral Statistics 37:479-488);
    it keeps a width where all differences agree. Assumes independent differences.
    """
    size = n + 2
    centre = total / size
    variance = ((total_of_squares + 2) / size - centre**2) / size
    half = normal_quantile(level) * max(variance, 0.0) ** 0.5
    return Interval(centre - half, centre + half).clipped(-1.0, 1.0)


def _countable(
    first: FloatArray, others: FloatArray, differences: FloatArray
) -> BoolArray:
    """Tell for each row whether both models' common scores are all 0 or 1."""
    absent = np.isnan(differences)
    mine = rows_of_zero_and_one(np.where(absent, np.nan, first))
    return mine & rows_of_zero_and_one(np.where(absent, np.nan, others))


def _mcnemar_p(only_first: IntArray, only_second: IntArray) -> FloatArray:
    fewer = np.minimum(only_first, only_second)
    tail = special.bdtr(fewer, only_first + only_second, 0.5)
    doubled: FloatArray = np.minimum(1.0, 2.0 * tail)
    return doubled


class _McNemarRows:
    """Rows of differences between 0/1 scores."""

    def __init__(self, differences: FloatArray, settings: PairSettings) -> None:
        self.settings = settings
        self.n = (~np.isnan(differences)).sum(axis=1)
        self.wins = (differences == 1).sum(axis=1)
        self.losses = (differences == -1).sum(axis=1)
        self.p = _mcnemar_p(self.wins, self.losses)

    def result(self, row: int) -> PairedDifference:
        n, wins, losses = int(self.n[row]), int(self.wins[row]), int(self.losses[row])
        return PairedDifference(
            n=n,
            units=n,
            difference=(wins - losses) / n,
            interval=adjusted_interval(
                wins - losses, wins + losses, n, level=self.settings.level
            ),
            p=float(self.p[row]),
            test=PairedTest.MCNEMAR,
            least_detectable=least_detectable_discordant(
                (wins + losses) / n, n, design=self.settings.design
            ),
        )


class _SpreadRows:
    """Rows of differences of any scores, judged by their standard error."""

    def __init__(
        self,
        moments: Moments,
        settings: PairSettings,
        test: PairedTest,
        *,
        noise: float,
    ) -> None:
        self.moments = moments
        self.settings = settings
        self.test = test
        self.noise = noise
        self.largest = 1.0 if settings.unit_scale else np.inf
        errors = np.where(moments.standard_error > 0, moments.standard_error, np.nan)
        df = moments.df
        self.half_widths = t_quantile(settings.level, df) * errors
        self.p = 2.0 * special.stdtr(df, -np.abs(moments.mean / errors))
        self.detectable = least_detectable_from_errors(errors, df, settings.design)

    def result(self, row: int) -> PairedDifference:
        n, units = int(self.moments.n[row]), int(self.moments.units[row])
        if n == 0:
            return PairedDifference(0, 0, None, None, None, PairedTest.NONE, None)
        mean, half = float(self.moments.mean[row]), float(self.half_widths[row])
        if np.isnan(half):
            return self._without_spread(mean, n, units)
        interval = Interval(mean - half, mean + half)
        if self.settings.unit_scale:
            interval = interval.clipped(-1.0, 1.0)
        detectable = float(self.detectable[row])
        return PairedDifference(
            n=n,
            units=units,
            difference=mean,
            interval=interval,
            p=float(self.p[row]),
            test=self.test,
            least_detectable=detectable if detectable <= self.largest else None,
        )

    def _without_spread(self, mean: float, n: int, units: int) -> PairedDifference:
        interval = None
        if self.settings.unit_scale:
            interval = adjusted_interval(
                mean * units, mean**2 * units, units, level=self.settings.level
            )
        p = 1.0 if abs(mean) <= self.noise else min(1.0, 2.0 * 0.5**units)
        return PairedDifference(n, units, mean, interval, p, PairedTest.SIGN, None)
