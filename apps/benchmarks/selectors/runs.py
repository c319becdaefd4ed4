"""Runs and their parts by model, as frozen rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Prefetch, Q, QuerySet

from apps.accounts.domain.roles import Power, has_power
from apps.accounts.domain.tiers import Entitlement
from apps.benchmarks.models import Run, RunStatus, Shard
from apps.core.errors import NotFoundError

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal
    from uuid import UUID

    from apps.accounts.selectors.workspaces import Viewer

ACTIVE = (RunStatus.QUEUED, RunStatus.RUNNING)
MAX_PAGE = 200


@dataclass(frozen=True, slots=True)
class ShardRow:
    """One model's part of a run."""

    id: UUID
    model_id: UUID
    model: str  # provider/name
    display_name: str
    status: str
    reason: str
    samples: int
    passed: int
    failed: int
    unscored: int
    cost: Decimal | None
    started_at: datetime | None
    finished_at: datetime | None
    limit_changes: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run with its totals, without its samples.

    `cost` and its like are US dollars. `estimated_cost` is None where a model's price
    is unknown, `cost` where that of any answer is. `done` of `samples` have a final
    result.
    """

    id: UUID
    suite_slug: str
    suite_title: str
    suite_version: int
    suite_version_id: UUID
    workspace_id: UUID | None
    is_public: bool
    is_on_demand: bool
    trigger: str
    schedule: str
    status: str
    status_reason: str
    epochs: int
    samples: int
    passed: int
    failed: int
    unscored: int
    cost: Decimal | None
    max_cost: Decimal | None
    estimated_cost: Decimal | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    models: tuple[ShardRow, ...]

    @property
    def done(self) -> int:
        """How many samples have a final result."""
        return self.passed + self.failed + self.unscored

    @property
    def is_active(self) -> bool:
        """Whether it is still to be expected to move."""
        return self.status in ACTIVE

    @property
    def can_resume(self) -> bool:
        """Whether something is left that resuming it would try."""
        return not self.is_active and self.passed + self.failed < self.samples


@dataclass(frozen=True, slots=True)
class RunDetail:
    """A run with what it was made from: see `services.manifest`."""

    run: RunRow
    manifest: dict[str, Any]


@dataclass(frozen=True, slots=True)
class RunPage:
    """Some runs, newest first; `next_cursor` continues after them."""

    rows: tuple[RunRow, ...]
    next_cursor: UUID | None


def get_visible_runs(viewer: Viewer) -> QuerySet[Run]:
    """Return the runs that this viewer may see, results included: the one door.

    A run without a workspace over a public suite is public, with its prompts and
    answers. A run of a workspace is its members' alone, and so is every run over a
    private suite; the latter is hidden from them, too, while their workspace is not
    entitled to private suites. Staff see all.
    """
    if viewer.is_staff:
        return Run.objects.all()
    entitled = viewer.workspaces_with(Entitlement.PRIVATE_SUITES)
    over_public = Q(suite_version__suite__is_public=True)
    return Run.objects.filter(
        over_public & (Q(workspace=None) | Q(workspace_id__in=viewer.workspace_ids))
        | Q(workspace_id__in=entitled)
        | Q(workspace=None, suite_version__suite__workspace_id__in=entitled)
    )


def get_run(viewer: Viewer, run_id: UUID) -> RunDetail:
    """Return one run with its manifest.

    Raises:
        NotFoundError: no such run is visible.
    """
    run = _with_parts(get_visible_runs(viewer)).filter(pk=run_id).first()
    if run is None:
        raise NotFoundError(f"There is no run {run_id}.")
    return RunDetail(to_run_row(run), run.manifest)


def may_cancel(viewer: Viewer, run: RunRow) -> bool:
    """Return whether somebody who sees a run may cancel it.

    Staff may cancel every one, for the sake of the machine; members whose role lets
    them run may cancel those that their workspace started.
    """
    return viewer.is_staff or _runs_for(viewer, run)


def may_resume(viewer: Viewer, run: RunRow) -> bool:
    """Return whether somebody who sees a run may resume it.

    What a workspace started is resumed by its members alone: they pay for it.
    """
    return _runs_for(viewer, run) if run.is_on_demand else viewer.is_staff


def _runs_for(viewer: Viewer, run: RunRow) -> bool:
    if not run.is_on_demand or run.workspace_id is None:
        return False
    role = viewer.roles.get(run.workspace_id)
    return role is not None and has_power(role, Power.RUN)


def list_runs(
    viewer: Viewer,
    *,
    suite_slug: str | None = None,
    status: str | None = None,
    model_id: UUID | None = None,
    since: datetime | None = None,
    cursor: UUID | None = None,
    limit: int = 50,
) -> RunPage:
    """Return visible runs, newest first; `cursor` is the last page's `next_cursor`."""
    runs = get_visible_runs(viewer)
    if since is not None:
        runs = runs.filter(created_at__gte=since)
    if suite_slug is not None:
        runs = runs.filter(suite_version__suite__slug=suite_slug)
    if status is not None:
        runs = runs.filter(status=status)
    if model_id is not None:
        runs = runs.filter(shards__model_id=model_id)
    if cursor is not None:
        runs = runs.filter(pk__lt=cursor)
    limit = max(1, min(limit, MAX_PAGE))
    # Identifiers are ordered by time, so they serve as the cursor.
    found = list(_with_parts(runs.defer("manifest")).order_by("-pk")[: limit + 1])
    rows = tuple(to_run_row(run) for run in found[:limit])
    return RunPage(rows, rows[-1].id if len(found) > limit else None)


def list_active_runs(viewer: Viewer, *, limit: int = 10) -> tuple[RunRow, ...]:
    """Return the visible runs that are queued or running, newest first."""
    runs = get_visible_runs(viewer).filter(status__in=ACTIVE)
    # Mostly there are none, and to ask only for that takes a third of the time.
    if not runs.exists():
        return ()
    found = _with_parts(runs.defer("manifest")).order_by("-pk")[:limit]
    return tuple(to_run_row(run) for run in found)


def _with_parts(runs: QuerySet[Run]) -> QuerySet[Run]:
    shards = Shard.objects.select_related("model__provider").order_by(
        "model__provider__name", "model__name"
    )
    return runs.select_related("suite_version__suite", "schedule").prefetch_related(
        Prefetch("shards", queryset=shards)
    )


def to_run_row(run: Run) -> RunRow:
    """Return the row of a run whose parts were fetched with it."""
    suite = run.suite_version.suite
    return RunRow(
        id=run.id,
        suite_slug=suite.slug,
        suite_title=suite.title,
        suite_version=run.suite_version.number,
        suite_version_id=run.suite_version_id,
        workspace_id=run.workspace_id,
        is_public=run.workspace_id is None and suite.is_public,
        is_on_demand=run.is_on_demand,
        trigger=run.trigger,
        schedule=run.schedule.name if run.schedule else "",
        status=run.status,
        status_reason=run.status_reason,
        epochs=run.epochs,
        samples=run.samples,
        passed=run.passed,
        failed=run.failed,
        unscored=run.unscored,
        cost=None if run.untold else run.cost,
        max_cost=run.max_cost,
        estimated_cost=run.estimated_cost,
        created_at=run.created_at,
        started_at=run.started_at,
        finished_at=run.finished_at,
        models=tuple(_to_shard_row(shard) for shard in run.shards.all()),
    )


def _to_shard_row(shard: Shard) -> ShardRow:
    return ShardRow(
        id=shard.id,
        model_id=shard.model_id,
        model=f"{shard.model.provider.name}/{shard.model.name}",
        display_name=shard.model.display_name,
        status=shard.status,
        reason=shard.reason,
        samples=shard.samples,
        passed=shard.passed,
        failed=shard.failed,
        unscored=shard.unscored,
        cost=None if shard.untold else shard.cost,
        started_at=shard.started_at,
        finished_at=shard.finished_at,
        limit_changes=tuple(shard.limit_changes),
    )
