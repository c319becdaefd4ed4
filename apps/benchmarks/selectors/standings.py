"""Rollups, summed and compared."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import inf, isinf
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from apps.benchmarks.domain.latency import histogram_quantiles
from apps.benchmarks.models import Task
from apps.benchmarks.selectors.rollup_days import read_models
from apps.core.domain.comparison import compare_models
from apps.core.domain.moments import group_columns
from apps.core.domain.score_table import ScoreTable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime
    from decimal import Decimal
    from uuid import UUID

    from apps.benchmarks.selectors.rollup_days import DayDetail, ModelTotals
    from apps.core.domain.comparison import ModelStanding, PairComparison
    from apps.core.domain.moments import FloatArray, Grouping, IntArray

    _Model = tuple[ModelTotals, list[DayDetail]]

# Clustered intervals keep their promise from this many families on, as
# docs/explanation/statistics.md measures; below it tasks count as draws of their own.
FEWEST_CLUSTERS = 5


@dataclass(frozen=True, slots=True)
class Usage:
    """What one model's samples cost and took; None is unknown."""

    model_id: UUID
    scored: int
    unscored: int
    cost_per_task: Decimal | None
    input_tokens: int | None
    output_tokens: int | None
    latency_p50_ms: float | None
    latency_p95_ms: float | None
    last_run_id: UUID | None
    last_result_at: datetime


@dataclass(frozen=True, slots=True)
class Standings:
    """The statistics of one suite version over some days.

    Models are named by the text of their id, since names may change while these
    numbers are kept.
    """

    tasks: int
    clustered: bool
    models: Mapping[str, ModelStanding]
    pairs: tuple[PairComparison, ...]
    usage: tuple[Usage, ...]
    least_detectable_difference: float | None


def read_standings(suite_version_id: UUID, since: date) -> Standings:
    """Return how the models stand on a suite version since a UTC day.

    A task's score is the mean of its repeats. Tasks of one family share a source and
    are taken as one draw, where the version has at least `FEWEST_CLUSTERS` families.
    """
    columns = _arrange_tasks(suite_version_id)
    models = read_models(suite_version_id, since, columns.column_of)
    comparison = compare_models(_tabulate(models, columns))
    return Standings(
        tasks=len(columns.items),
        clustered=columns.grouping is not None,
        models={model.model: model for model in comparison.models},
        pairs=comparison.pairs,
        usage=tuple(_to_usage(*model) for model in models),
        least_detectable_difference=_middle(
            model.least_detectable_difference for model in comparison.models
        ),
    )


def _middle(detectable: Iterable[float | None]) -> float | None:
    """Return the median; None where half the models or more show no difference.

    To leave those out would tell of a finer suite than it is.
    """
    values = [inf if value is None else value for value in detectable]
    middle = median(values) if values else inf
    return None if isinf(middle) else middle


def choose_clusters(families: Mapping[UUID, UUID]) -> dict[UUID, str]:
    """Return the cluster of each task, given its family; none where tasks stand alone.

    Where there are fewer than `FEWEST_CLUSTERS` families, or each has one task, tasks
    count as draws of their own.
    """
    count = len(set(families.values()))
    if count < FEWEST_CLUSTERS or count == len(families):
        return {}
    return {task_id: str(family_id) for task_id, family_id in families.items()}


@lru_cache(maxsize=64)
def read_clusters(suite_version_id: UUID) -> Mapping[UUID, str]:
    """Return the cluster of each task of a version; none where tasks stand alone.

    Tasks of a version never change, so neither does this.
    """
    tasks = Task.objects.filter(suite_version_id=suite_version_id)
    return choose_clusters(dict(tasks.values_list("id", "family_id")))


@dataclass(frozen=True, slots=True, eq=False)
class _Columns:
    """A version's tasks as columns of a table, brought together by cluster."""

    items: tuple[str, ...]
    column_of: IntArray  # by position of the task
    grouping: Grouping | None


@lru_cache(maxsize=64)
def _arrange_tasks(suite_version_id: UUID) -> _Columns:
    """Tasks of a version never change, so neither does this."""
    tasks = list(
        Task.objects.filter(suite_version_id=suite_version_id)
        .order_by("position")
        .values_list("id", "family_id", "position")
    )
    clusters = choose_clusters({task_id: family for task_id, family, _ in tasks})
    size = max((position for _, _, position in tasks), default=-1) + 1
    column_of = np.zeros(size, dtype=np.int64)
    grouping = None
    order = np.arange(len(tasks))
    if clusters:
        grouping = group_columns([clusters[task_id] for task_id, _, _ in tasks])
        order = grouping.order
    for column, index in enumerate(order):
        column_of[tasks[index][2]] = column
    return _Columns(tuple(str(tasks[i][0]) for i in order), column_of, grouping)


def _tabulate(models: Sequence[_Model], columns: _Columns) -> ScoreTable:
    """Average each task's scores over the days; NaN where a model has none."""
    scored = {str(totals.model_id): _add_up(days) for totals, days in models if days}
    scored = {model: both for model, both in scored.items() if both[1].any()}
    values = np.full((len(scored), len(columns.items)), np.nan)
    for row, (sums, counts) in zip(values, scored.values(), strict=True):
        np.divide(sums, counts, out=row, where=counts > 0)
    return ScoreTable(
        models=tuple(scored),
        items=columns.items,
        values=values,
        starts=columns.grouping.starts if columns.grouping else None,
        unit_scale=True,
    )


def _add_up(days: Sequence[DayDetail]) -> FloatArray:
    total = days[0].scores.copy()
    for day in days[1:]:
        total += day.scores
    return total


def _to_usage(totals: ModelTotals, days: Sequence[DayDetail]) -> Usage:
    p50, p95 = histogram_quantiles([day.latency for day in days], (0.5, 0.95))
    return Usage(
        model_id=totals.model_id,
        scored=totals.scored,
        unscored=totals.unscored,
        cost_per_task=divide_cost(totals.cost, totals.costed),
        input_tokens=totals.input_tokens if totals.tokened else None,
        output_tokens=totals.output_tokens if totals.tokened else None,
        latency_p50_ms=p50,
        latency_p95_ms=p95,
        last_run_id=totals.last_run_id,
        last_result_at=totals.last_result_at,
    )


def divide_cost(cost: Decimal, results: int) -> Decimal | None:
    """Return the US dollars a result, of results whose cost is known; None of none."""
    return cost / results if results else None
