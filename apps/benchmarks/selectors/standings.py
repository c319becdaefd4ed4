"""Rollups, summed and compared."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from math import inf, isinf
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from apps.benchmarks.domain.latency import merge_latencies
from apps.benchmarks.models import ModelDay, Task
from apps.benchmarks.selectors.rollup_days import read_days
from apps.core.domain.comparison import compare_models
from apps.core.domain.moments import group_columns
from apps.core.domain.score_table import ScoreTable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from apps.benchmarks.selectors.rollup_days import DayDetail, DayTotals
    from apps.core.domain.comparison import ModelStanding, PairComparison
    from apps.core.domain.moments import FloatArray, Grouping, IntArray

    _Day = tuple[DayTotals, DayDetail]

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
    latency: Mapping[str, int]
    last_run_id: UUID | None
    last_result_at: datetime


@dataclass(frozen=True, slots=True)
class ModelName:
    """What a model is called."""

    model: str  # provider/name
    display_name: str


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
    days = read_days(suite_version_id, since, columns.column_of)
    comparison = compare_models(_tabulate(days, columns))
    return Standings(
        tasks=len(columns.items),
        clustered=columns.grouping is not None,
        models={model.model: model for model in comparison.models},
        pairs=comparison.pairs,
        usage=_sum_usage(days),
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


def read_names(suite_version_id: UUID, since: date) -> dict[UUID, ModelName]:
    """Return what the models that stand on a suite version are called by now."""
    found = (
        ModelDay.objects.filter(suite_version_id=suite_version_id, day__gte=since)
        .values_list(
            "model_id", "model__provider__name", "model__name", "model__display_name"
        )
        .distinct()
    )
    return {
        model_id: ModelName(f"{provider}/{name}", display_name)
        for model_id, provider, name, display_name in found
    }


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


def _tabulate(days: Sequence[_Day], columns: _Columns) -> ScoreTable:
    """Average each task's scores over the days; NaN where a model has none."""
    rows: dict[UUID, tuple[FloatArray, FloatArray]] = {}
    for totals, detail in days:
        sums, counts = rows.get(totals.model_id, (0.0, 0.0))
        rows[totals.model_id] = (sums + detail.sums, counts + detail.counts)
    scored = {model: both for model, both in rows.items() if both[1].any()}
    values = np.full((len(scored), len(columns.items)), np.nan)
    for row, (sums, counts) in zip(values, scored.values(), strict=True):
        np.divide(sums, counts, out=row, where=counts > 0)
    return ScoreTable(
        models=tuple(str(model_id) for model_id in scored),
        items=columns.items,
        values=values,
        starts=columns.grouping.starts if columns.grouping else None,
        unit_scale=True,
    )


def _sum_usage(days: Sequence[_Day]) -> tuple[Usage, ...]:
    by_model: dict[UUID, list[_Day]] = defaultdict(list)
    for day in days:
        by_model[day[0].model_id].append(day)
    return tuple(_to_usage(found) for found in by_model.values())


def _to_usage(days: Sequence[_Day]) -> Usage:
    totals = [row for row, _ in days]
    latest = max(totals, key=lambda row: row.last_result_at)
    tokened = any(row.tokened for row in totals)
    return Usage(
        model_id=latest.model_id,
        scored=sum(row.scored for row in totals),
        unscored=sum(row.unscored for row in totals),
        cost_per_task=divide_cost(
            sum((row.cost for row in totals), Decimal(0)),
            sum(row.costed for row in totals),
        ),
        input_tokens=sum(row.input_tokens for row in totals) if tokened else None,
        output_tokens=sum(row.output_tokens for row in totals) if tokened else None,
        latency=merge_latencies(detail.latency for _, detail in days),
        last_run_id=latest.last_run_id,
        last_result_at=latest.last_result_at,
    )


def divide_cost(cost: Decimal, results: int) -> Decimal | None:
    """Return the US dollars a result, of results whose cost is known; None of none."""
    return cost / results if results else None
