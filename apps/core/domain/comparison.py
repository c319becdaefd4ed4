"""The comparison of any number of models: what leaderboards and the CLI both show."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import inf, isinf, isnan
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from apps.core.domain.estimates import IntervalMethod, MeanEstimate, estimate_means
from apps.core.domain.intervals import LEVEL
from apps.core.domain.multiplicity import holm_adjust
from apps.core.domain.paired import (
    PairedTest,
    PairSettings,
    compare_pairs,
)
from apps.core.domain.power import DESIGN, Design
from apps.core.domain.ranking import (
    RankRange,
    interval_rank_ranges,
    paired_rank_ranges,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from apps.core.domain.moments import FloatArray
    from apps.core.domain.score_table import ScoreTable


class RankMode(StrEnum):
    """Where rank ranges come from: paired tests, or separate intervals (LMArena)."""

    PAIRED = "paired"
    INTERVAL = "interval"


@dataclass(frozen=True, slots=True)
class ModelStanding:
    """One model's score with its uncertainty.

    `n` counts scored items. `least_detectable_difference` is the median, over the
    other models, of the smallest true difference that this sample would show; None
    where there is no such difference for half of them.
    """

    model: str
    mean: float
    n: int
    ci_low: float | None
    ci_high: float | None
    rank_low: int
    rank_high: int
    least_detectable_difference: float | None
    units: int
    interval: IntervalMethod


@dataclass(frozen=True, slots=True)
class PairComparison:
    """`a` less `b` on their common items; `a` is the one with the higher mean.

    The interval is for this pair alone; `p_adjusted` and `significant` are corrected
    for the number of pairs tested.
    """

    a: str
    b: str
    difference: float | None
    ci_low: float | None
    ci_high: float | None
    n: int
    units: int
    p: float | None
    p_adjusted: float | None
    test: PairedTest
    significant: bool
    least_detectable_difference: float | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Models by falling mean, and every pair of them."""

    models: tuple[ModelStanding, ...]
    pairs: tuple[PairComparison, ...]
    mode: RankMode
    level: float
    design: Design


def compare_models(
    table: ScoreTable,
    *,
    mode: RankMode = RankMode.PAIRED,
    level: float = LEVEL,
    design: Design = DESIGN,
) -> Comparison:
    """Will give every model's mean, interval and rank range, and every pair's test.

    Means: `estimate_means`. Pairs: `compare_pairs` on the common items, Holm's
    correction over the pairs that have any. Ranks: `paired_rank_ranges`, or
    `interval_rank_ranges` in the interval mode. A pair without a common item has no
    p-value and is never significant. Models are ordered by falling mean, then name.

    Args:
        table: scores per model and item, higher being better.
        mode: where the rank ranges come from.
        level: confidence level of every interval.
        design: alpha of the pairs together, and the power for the least detectable
            difference (which is for one pair by itself).
    """
    estimates = estimate_means(
        table.values, table.starts, unit_scale=table.unit_scale, level=level
    )
    order = sorted(
        range(len(estimates)), key=lambda i: (-estimates[i].mean, table.models[i])
    )
    names = [table.models[i] for i in order]
    settings = PairSettings(table.unit_scale, level, design)
    pairs = _compare_pairs(names, table, order, settings)
    ranked = {table.models[i]: estimates[i] for i in order}
    ranges = _rank_ranges(mode, ranked, pairs)
    detectable = _least_detectable_per_model(names, pairs)
    models = tuple(
        _standing(name, ranked[name], ranges[name], detectable[name]) for name in names
    )
    return Comparison(models, pairs, mode, level, design)


def _compare_pairs(
    names: Sequence[str],
    table: ScoreTable,
    order: Sequence[int],
    settings: PairSettings,
) -> tuple[PairComparison, ...]:
    rows = table.values[np.array(order, dtype=np.int64)]
    left, right = np.triu_indices(len(names), 1)
    found = compare_pairs(rows, (left, right), table.starts, settings=settings)
    tested = ~np.isnan(found.p)
    adjusted = np.full(len(left), np.nan)
    adjusted[tested] = holm_adjust(found.p[tested])
    columns = (
        [names[i] for i in left.tolist()],
        [names[i] for i in right.tolist()],
        _known(found.difference),
        _known(found.low),
        _known(found.high),
        found.n.tolist(),
        found.units.tolist(),
        _known(found.p),
        _known(adjusted),
        found.test.tolist(),
        (adjusted <= settings.design.alpha).tolist(),
        _known(found.least_detectable),
    )
    return tuple(PairComparison(*values) for values in zip(*columns, strict=True))


def _known(column: FloatArray) -> list[float | None]:
    """Put None for NaN."""
    return [None if isnan(number) else number for number in column.tolist()]


def _rank_ranges(
    mode: RankMode,
    ranked: dict[str, MeanEstimate],
    pairs: Iterable[PairComparison],
) -> dict[str, RankRange]:
    if mode is RankMode.INTERVAL:
        return interval_rank_ranges({name: m.interval for name, m in ranked.items()})
    wins = [
        (pair.a, pair.b) if (pair.difference or 0.0) > 0 else (pair.b, pair.a)
        for pair in pairs
        if pair.significant
    ]
    return paired_rank_ranges(list(ranked), wins)


def _least_detectable_per_model(
    names: Sequence[str], pairs: Iterable[PairComparison]
) -> dict[str, float | None]:
    found: dict[str, list[float]] = {name: [] for name in names}
    for pair in pairs:
        detectable = pair.least_detectable_difference
        for name in (pair.a, pair.b):
            found[name].append(inf if detectable is None else detectable)
    medians = {
        name: median(values) if values else inf for name, values in found.items()
    }
    return {name: None if isinf(value) else value for name, value in medians.items()}


def _standing(
    name: str, estimate: MeanEstimate, ranks: RankRange, detectable: float | None
) -> ModelStanding:
    interval = estimate.interval
    return ModelStanding(
        model=name,
        mean=estimate.mean,
        n=estimate.n,
        ci_low=interval.low if interval else None,
        ci_high=interval.high if interval else None,
        rank_low=ranks.low,
        rank_high=ranks.high,
        least_detectable_difference=detectable,
        units=estimate.units,
        interval=estimate.method,
    )
