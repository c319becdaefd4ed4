"""How one model did over time, by suite, day, run and family."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Sum

from apps.benchmarks.domain.latency import latency_quantile
from apps.benchmarks.domain.periods import DEFAULT_PERIOD, first_day_of
from apps.benchmarks.models import ModelDay, Shard, TaskDay
from apps.benchmarks.selectors.runs import get_visible_runs
from apps.benchmarks.selectors.standings import divide_cost, read_clusters
from apps.benchmarks.selectors.suites import get_visible_suites
from apps.core.domain.estimates import estimate_mean
from apps.core.domain.intervals import wilson_interval

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime
    from decimal import Decimal
    from uuid import UUID

    from django.db.models import QuerySet

    from apps.accounts.selectors.workspaces import Viewer
    from apps.core.domain.estimates import MeanEstimate

LATEST_RUNS = 100


@dataclass(frozen=True, slots=True)
class HistoryDay:
    """One UTC day on one suite version; scores as on the leaderboard."""

    suite_slug: str
    suite_version: int
    day: date
    mean: float | None
    ci_low: float | None
    ci_high: float | None
    n: int
    samples: int
    unscored: int
    cost_per_task: Decimal | None
    latency_p50_ms: float | None
    latency_p95_ms: float | None
    last_run_id: UUID | None


@dataclass(frozen=True, slots=True)
class HistoryRun:
    """The model's part of one visible run; `mean` is its pass rate (Wilson).

    There is no interval where tasks were repeated: repeats are no draws of their own.
    """

    run_id: UUID
    suite_slug: str
    suite_version: int
    created_at: datetime
    status: str
    mean: float | None
    ci_low: float | None
    ci_high: float | None
    samples: int
    unscored: int
    cost: Decimal | None


@dataclass(frozen=True, slots=True)
class FamilyRow:
    """The model's mean over the tasks of one family, over the whole period."""

    suite_slug: str
    suite_version: int
    family: str
    category: str
    mean: float
    n: int
    samples: int


@dataclass(frozen=True, slots=True)
class ModelHistory:
    """A model's days (oldest first), runs (newest first) and families."""

    period: str
    since: date
    days: tuple[HistoryDay, ...]
    runs: tuple[HistoryRun, ...]
    families: tuple[FamilyRow, ...]


def get_model_history(
    viewer: Viewer, model_id: UUID, *, period: str = DEFAULT_PERIOD, now: datetime
) -> ModelHistory:
    """Return a model's history: days and families of public runs, and visible runs.

    All of it is of suites that the viewer may see: a suite may have been public when
    its rollups were written and be private by now.

    Raises:
        InvalidInputError: no such period.
    """
    since = first_day_of(period, now)
    return ModelHistory(
        period=period,
        since=since,
        days=_days(viewer, model_id, since),
        runs=_runs(viewer, model_id, since),
        families=_families(viewer, model_id, since),
    )


def _days(viewer: Viewer, model_id: UUID, since: date) -> tuple[HistoryDay, ...]:
    days = ModelDay.objects.filter(
        model_id=model_id,
        day__gte=since,
        suite_version__suite__in=get_visible_suites(viewer),
    )
    joined = days.select_related("suite_version__suite")
    estimates = _estimates_by_day(_scored(viewer, model_id, since))
    return tuple(
        _to_day(day, estimates.get((day.suite_version_id, day.day)))
        for day in joined.order_by("day", "suite_version__suite__slug")
    )


def _scored(viewer: Viewer, model_id: UUID, since: date) -> QuerySet[TaskDay]:
    return TaskDay.objects.filter(
        model_id=model_id,
        day__gte=since,
        scored__gt=0,
        suite_version__suite__in=get_visible_suites(viewer),
    )


def _estimates_by_day(
    task_days: QuerySet[TaskDay],
) -> Mapping[tuple[UUID, date], MeanEstimate]:
    scores: dict[tuple[UUID, date], dict[UUID, float]] = defaultdict(dict)
    for version_id, day, task_id, total, count in task_days.values_list(
        "suite_version_id", "day", "task_id", "score_sum", "scored"
    ):
        scores[version_id, day][task_id] = total / count
    return {key: _estimate(key[0], found) for key, found in scores.items()}


def _estimate(version_id: UUID, scores: Mapping[UUID, float]) -> MeanEstimate:
    """Estimate the mean as the leaderboard does: tasks of a family are one draw."""
    clusters = read_clusters(version_id)
    drawn = [clusters[task_id] for task_id in scores] if clusters else None
    return estimate_mean(list(scores.values()), drawn)


def _to_day(day: ModelDay, estimate: MeanEstimate | None) -> HistoryDay:
    interval = estimate.interval if estimate else None
    return HistoryDay(
        suite_slug=day.suite_version.suite.slug,
        suite_version=day.suite_version.number,
        day=day.day,
        mean=estimate.mean if estimate else None,
        ci_low=interval.low if interval else None,
        ci_high=interval.high if interval else None,
        n=estimate.n if estimate else 0,
        samples=day.scored,
        unscored=day.unscored,
        cost_per_task=divide_cost(day.cost, day.costed),
        latency_p50_ms=latency_quantile(day.latency, 0.5),
        latency_p95_ms=latency_quantile(day.latency, 0.95),
        last_run_id=day.last_run_id,
    )


def _runs(viewer: Viewer, model_id: UUID, since: date) -> tuple[HistoryRun, ...]:
    shards = Shard.objects.filter(
        model_id=model_id,
        run__in=get_visible_runs(viewer).filter(created_at__date__gte=since),
    )
    joined = shards.select_related("run__suite_version__suite")
    return tuple(_to_run(shard) for shard in joined.order_by("-run_id")[:LATEST_RUNS])


def _to_run(shard: Shard) -> HistoryRun:
    run = shard.run
    scored = shard.passed + shard.failed
    is_drawn_once = scored and run.epochs == 1
    interval = wilson_interval(shard.passed, scored) if is_drawn_once else None
    return HistoryRun(
        run_id=run.id,
        suite_slug=run.suite_version.suite.slug,
        suite_version=run.suite_version.number,
        created_at=run.created_at,
        status=run.status,
        mean=shard.passed / scored if scored else None,
        ci_low=interval.low if interval else None,
        ci_high=interval.high if interval else None,
        samples=scored,
        unscored=shard.unscored,
        cost=None if shard.untold else shard.cost,
    )


def _families(viewer: Viewer, model_id: UUID, since: date) -> tuple[FamilyRow, ...]:
    sums = (
        _scored(viewer, model_id, since)
        .values_list(
            "suite_version__suite__slug",
            "suite_version__number",
            "task__family__title",
            "task__category",
            "task_id",
        )
        .annotate(total=Sum("score_sum"), count=Sum("scored"))
        .order_by()
    )
    means: dict[tuple[str, int, str, str], list[tuple[float, int]]] = defaultdict(list)
    for slug, number, family, category, _task_id, total, count in sums:
        means[slug, number, family, category].append((total / count, count))
    return tuple(
        FamilyRow(
            suite_slug=slug,
            suite_version=number,
            family=family,
            category=category,
            mean=sum(mean for mean, _ in found) / len(found),
            n=len(found),
            samples=sum(count for _, count in found),
        )
        for (slug, number, family, category), found in sorted(means.items())
    )
