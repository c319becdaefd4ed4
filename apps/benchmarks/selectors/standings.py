"""Rollups, summed and compared."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from statistics import median
from typing import TYPE_CHECKING

import numpy as np
from django.db import connection
from django.db.models import Max, Sum

from apps.benchmarks.domain.latency import merge_latencies
from apps.benchmarks.models import ModelDay, Task
from apps.core.domain.comparison import compare_models
from apps.core.domain.moments import group_columns
from apps.core.domain.score_table import ScoreTable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime
    from decimal import Decimal
    from uuid import UUID

    from apps.core.domain.comparison import ModelStanding, PairComparison
    from apps.core.domain.moments import Grouping

# Below this many families a clustered error is too narrow to be trusted: tasks then
# count as draws of their own.
FEWEST_CLUSTERS = 10


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
    comparison = compare_models(_read_table(suite_version_id, since, columns))
    detectable = [
        model.least_detectable_difference
        for model in comparison.models
        if model.least_detectable_difference is not None
    ]
    return Standings(
        tasks=len(columns.items),
        clustered=columns.grouping is not None,
        models={model.model: model for model in comparison.models},
        pairs=comparison.pairs,
        usage=_read_usage(suite_version_id, since),
        least_detectable_difference=median(detectable) if detectable else None,
    )


def choose_clusters(families: Mapping[UUID, UUID]) -> dict[UUID, str]:
    """Return the cluster of each task, given its family; none where tasks stand alone.

    Where there are fewer than `FEWEST_CLUSTERS` families, or each has one task, tasks
    count as draws of their own.
    """
    count = len(set(families.values()))
    if count < FEWEST_CLUSTERS or count == len(families):
        return {}
    return {task_id: str(family_id) for task_id, family_id in families.items()}


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
    column_of: np.ndarray[tuple[int], np.dtype[np.int64]]  # by position of the task
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


# One row a model, so that nothing is made of the numbers but arrays.
_MEANS = """
SELECT model_id::text, array_agg(position), array_agg(mean) FROM (
    SELECT model_id, task_id, sum(score_sum) / sum(scored) AS mean
    FROM benchmarks_taskday
    WHERE suite_version_id = %s AND day >= %s AND scored > 0
    GROUP BY model_id, task_id
) AS means JOIN benchmarks_task AS task ON task.id = task_id
GROUP BY model_id
"""


def _read_table(suite_version_id: UUID, since: date, columns: _Columns) -> ScoreTable:
    with connection.cursor() as cursor:
        cursor.execute(_MEANS, [suite_version_id, since])
        rows = cursor.fetchall()
    values = np.full((len(rows), len(columns.items)), np.nan)
    for row, (_, positions, means) in enumerate(rows):
        values[row, columns.column_of[positions]] = means
    return ScoreTable(
        models=tuple(model for model, _, _ in rows),
        items=columns.items,
        values=values,
        starts=columns.grouping.starts if columns.grouping else None,
        unit_scale=True,
    )


def _read_usage(suite_version_id: UUID, since: date) -> tuple[Usage, ...]:
    days = ModelDay.objects.filter(suite_version_id=suite_version_id, day__gte=since)
    latencies: dict[UUID, list[Mapping[str, int]]] = defaultdict(list)
    for model_id, latency in days.values_list("model_id", "latency"):
        latencies[model_id].append(latency)
    newest = days.order_by("model_id", "-last_result_at").distinct("model_id")
    last_runs = dict(newest.values_list("model_id", "last_run_id"))
    sums = (
        days.order_by("model_id")
        .values("model_id")
        .annotate(
            total_scored=Sum("scored"),
            total_unscored=Sum("unscored"),
            total_cost=Sum("cost"),
            total_costed=Sum("costed"),
            total_tokened=Sum("tokened"),
            total_input=Sum("input_tokens"),
            total_output=Sum("output_tokens"),
            newest=Max("last_result_at"),
        )
    )
    return tuple(
        Usage(
            model_id=row["model_id"],
            scored=row["total_scored"],
            unscored=row["total_unscored"],
            cost_per_task=divide_cost(row["total_cost"], row["total_costed"]),
            input_tokens=row["total_input"] if row["total_tokened"] else None,
            output_tokens=row["total_output"] if row["total_tokened"] else None,
            latency=merge_latencies(latencies[row["model_id"]]),
            last_run_id=last_runs.get(row["model_id"]),
            last_result_at=row["newest"],
        )
        for row in sums
    )


def divide_cost(cost: Decimal, results: int) -> Decimal | None:
    """Return the US dollars a result, of results whose cost is known; None of none."""
    return cost / results if results else None
