"""Rollups, summed and compared."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from statistics import median
from typing import TYPE_CHECKING

from django.db.models import Sum

from apps.benchmarks.domain.latency import merge_latencies
from apps.benchmarks.models import ModelDay, Task, TaskDay
from apps.core.domain.comparison import Comparison, compare_models
from apps.core.domain.score_table import Score, tabulate

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime
    from uuid import UUID

    from apps.core.domain.comparison import ModelStanding, PairComparison

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
    tasks = Task.objects.filter(suite_version_id=suite_version_id)
    families = dict(tasks.values_list("id", "family_id"))
    clusters = choose_clusters(families)
    usage = _read_usage(suite_version_id, since)
    comparison = _compare(suite_version_id, since, clusters)
    detectable = [
        model.least_detectable_difference
        for model in comparison.models
        if model.least_detectable_difference is not None
    ]
    return Standings(
        tasks=len(families),
        clustered=bool(clusters),
        models={model.model: model for model in comparison.models},
        pairs=comparison.pairs,
        usage=usage,
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


def _compare(
    suite_version_id: UUID,
    since: date,
    clusters: Mapping[UUID, str],
) -> Comparison:
    sums = (
        TaskDay.objects.filter(
            suite_version_id=suite_version_id, day__gte=since, scored__gt=0
        )
        .values_list("model_id", "task_id")
        .annotate(total=Sum("score_sum"), count=Sum("scored"))
    )
    scores = [
        Score(
            model=str(model_id),
            item=task_id.hex,
            score=total / count,
            cluster=clusters.get(task_id),
        )
        for model_id, task_id, total, count in sums
    ]
    return compare_models(tabulate(scores, unit_scale=True))


def _read_usage(suite_version_id: UUID, since: date) -> tuple[Usage, ...]:
    days: dict[UUID, list[ModelDay]] = defaultdict(list)
    rows = ModelDay.objects.filter(suite_version_id=suite_version_id, day__gte=since)
    for row in rows:
        days[row.model_id].append(row)
    return tuple(to_usage(found) for found in days.values())


def to_usage(days: list[ModelDay]) -> Usage:
    """Return the sum of one model's days, at least one."""
    latest = max(days, key=lambda day: day.last_result_at)
    costed = sum(day.costed for day in days)
    tokened = sum(day.tokened for day in days)
    return Usage(
        model_id=latest.model_id,
        scored=sum(day.scored for day in days),
        unscored=sum(day.unscored for day in days),
        cost_per_task=sum((d.cost for d in days), Decimal(0)) / costed
        if costed
        else None,
        input_tokens=sum(d.input_tokens for d in days) if tokened else None,
        output_tokens=sum(d.output_tokens for d in days) if tokened else None,
        latency=merge_latencies(day.latency for day in days),
        last_run_id=latest.last_run_id,
        last_result_at=latest.last_result_at,
    )
