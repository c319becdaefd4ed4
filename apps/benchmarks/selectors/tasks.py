"""One task: what it asks, how models do on it, and their latest answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING

from django.db.models import Sum

from apps.benchmarks.domain.codec import decode_spec
from apps.benchmarks.domain.periods import DEFAULT_PERIOD, first_day_of
from apps.benchmarks.models import Result, Task, TaskDay
from apps.benchmarks.selectors.results import ResultRow, to_result_rows
from apps.benchmarks.selectors.runs import get_visible_runs
from apps.benchmarks.selectors.suites import get_visible_suites
from apps.core.domain.intervals import wilson_interval
from apps.core.errors import NotFoundError

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from apps.accounts.selectors.workspaces import Viewer
    from apps.benchmarks.domain.specs import TaskSpec

RECENT = 20


@dataclass(frozen=True, slots=True)
class TaskModelRow:
    """How one model did on the task: its pass rate with a 95 % interval (Wilson)."""

    model_id: UUID
    model: str
    display_name: str
    scored: int
    unscored: int
    mean: float | None
    ci_low: float | None
    ci_high: float | None


@dataclass(frozen=True, slots=True)
class TaskDetail:
    """A task with its evidence. `spec` holds the check and the reference answer."""

    id: UUID
    suite_slug: str
    suite_title: str
    suite_version: int
    is_public: bool
    family: str
    spec: TaskSpec
    since: date
    models: tuple[TaskModelRow, ...]
    recent: tuple[ResultRow, ...]


def get_task(
    viewer: Viewer, task_id: UUID, *, now: datetime, period: str = DEFAULT_PERIOD
) -> TaskDetail:
    """Return a task with its pass rates over the period and its latest results.

    Raises:
        InvalidInputError: no such period.
        NotFoundError: no such task is visible.
    """
    since = first_day_of(period, now)
    task = (
        Task.objects.filter(
            pk=task_id, suite_version__suite__in=get_visible_suites(viewer)
        )
        .select_related("suite_version__suite", "family")
        .first()
    )
    if task is None:
        raise NotFoundError(f"There is no task {task_id}.")
    suite = task.suite_version.suite
    return TaskDetail(
        id=task.id,
        suite_slug=suite.slug,
        suite_title=suite.title,
        suite_version=task.suite_version.number,
        is_public=suite.is_public,
        family=task.family.title,
        spec=decode_spec(task.spec),
        since=since,
        models=_model_rows(task, since),
        recent=_recent(viewer, task, since),
    )


def _model_rows(task: Task, since: date) -> tuple[TaskModelRow, ...]:
    sums = (
        TaskDay.objects.filter(task=task, day__gte=since)
        .values_list(
            "model_id", "model__provider__name", "model__name", "model__display_name"
        )
        .annotate(total=Sum("score_sum"), count=Sum("scored"), lost=Sum("unscored"))
        .order_by("model__provider__name", "model__name")
    )
    rows = []
    for model_id, provider, name, display_name, total, count, lost in sums:
        interval = wilson_interval(min(total, count), count) if count else None
        rows.append(
            TaskModelRow(
                model_id=model_id,
                model=f"{provider}/{name}",
                display_name=display_name,
                scored=count,
                unscored=lost,
                mean=total / count if count else None,
                ci_low=interval.low if interval else None,
                ci_high=interval.high if interval else None,
            )
        )
    return tuple(rows)


def _recent(viewer: Viewer, task: Task, since: date) -> tuple[ResultRow, ...]:
    results = Result.objects.filter(
        task=task,
        is_final=True,
        # No bound by partition: a run resumed today may have been created years ago.
        created_at__gte=datetime.combine(since, time.min, UTC),
        run__in=get_visible_runs(viewer).filter(suite_version=task.suite_version_id),
    )
    return to_result_rows(results.order_by("-created_at")[:RECENT])
