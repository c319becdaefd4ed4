"""Askings of models as their workspace sees them, and how each model's part stands."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import Count, Exists, OuterRef, Q, Sum

from apps.core.errors import NotFoundError
from apps.predictions.domain.words import AskStatus, AttemptOutcome, ItemStatus
from apps.predictions.models import AskItem, AskRun, Attempt
from apps.predictions.selectors.predictions import may_write

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from apps.accounts.selectors.workspaces import Viewer

ACTIVE = (AskStatus.QUEUED.value, AskStatus.RUNNING.value)
MAX_PAGE = 200
NOTHING = Decimal(0)

# The part of one model in one asking: the asking, and the model's experiment.
Part = tuple["UUID", "UUID"]


@dataclass(frozen=True, slots=True)
class AskResult:
    """How one model's part of an asking stands.

    `items` counts markets by what became of them, `attempts` questions by what they
    gave. `cost` is of all questions; None where one's cost is unknown.
    """

    experiment_id: UUID
    experiment: str
    model: str
    items: Mapping[ItemStatus, int]
    attempts: Mapping[AttemptOutcome, int]
    cost: Decimal | None
    reason: str  # of the first market that brought no prediction, where one says it

    @property
    def markets(self) -> int:
        """How many markets the model is asked about."""
        return sum(self.items.values())

    @property
    def done(self) -> int:
        """How many of them are over, whatever came of them."""
        return self.markets - self.items[ItemStatus.PENDING]

    @property
    def asked(self) -> int:
        """How many questions were put to it."""
        return sum(self.attempts.values())


@dataclass(frozen=True, slots=True)
class AskRunRow:
    """An asking and how it stands."""

    id: UUID
    workspace_id: UUID | None
    name: str
    trigger: str
    status: AskStatus
    reason: str
    prompt_version: str
    outcome: int
    samples: int
    shows_price: bool
    max_cost: Decimal | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    results: tuple[AskResult, ...]

    @property
    def is_active(self) -> bool:
        """Whether it goes on, or waits to."""
        return self.status.value in ACTIVE

    @property
    def markets(self) -> int:
        """How many predictions it is to bring: a market counts for each model."""
        return sum(one.markets for one in self.results)

    @property
    def done(self) -> int:
        """How many of them are over, whatever came of them."""
        return sum(one.done for one in self.results)

    @property
    def items(self) -> Mapping[ItemStatus, int]:
        """How many of them by what became of them."""
        return {
            status: sum(one.items[status] for one in self.results)
            for status in ItemStatus
        }

    @property
    def recorded(self) -> int:
        """How many predictions it brought."""
        return self.items[ItemStatus.RECORDED]

    @property
    def asked(self) -> int:
        """How many questions were put."""
        return sum(one.asked for one in self.results)

    @property
    def cost(self) -> Decimal | None:
        """What all questions cost; None where one's cost is unknown."""
        known = [one.cost for one in self.results if one.cost is not None]
        return sum(known, NOTHING) if len(known) == len(self.results) else None

    @property
    def can_resume(self) -> bool:
        """Whether it ended before all was asked."""
        return not self.is_active and self.items[ItemStatus.PENDING] > 0


@dataclass(frozen=True, slots=True)
class AskRunPage:
    """Some askings, newest first; `next_cursor` continues after them."""

    rows: tuple[AskRunRow, ...]
    next_cursor: UUID | None


def get_visible_ask_runs(viewer: Viewer) -> QuerySet[AskRun]:
    """Return the askings that this viewer may see: their workspaces'; staff see all."""
    if viewer.is_staff:
        return AskRun.objects.all()
    return AskRun.objects.filter(workspace_id__in=viewer.workspace_ids)


def get_ask_run(viewer: Viewer, run_id: UUID) -> AskRunRow:
    """Return how one asking stands.

    Raises:
        NotFoundError: no such asking is visible.
    """
    run = get_visible_ask_runs(viewer).filter(pk=run_id).first()
    if run is None:
        raise NotFoundError(f"There is no asking {run_id}.")
    (row,) = _to_rows([run])
    return row


def list_ask_runs(
    viewer: Viewer,
    *,
    workspace_id: UUID | None = None,
    experiment_id: UUID | None = None,
    status: AskStatus | None = None,
    cursor: UUID | None = None,
    limit: int = 50,
) -> AskRunPage:
    """Return visible askings, newest first; `cursor` is a page's `next_cursor`."""
    found = get_visible_ask_runs(viewer)
    if workspace_id is not None:
        found = found.filter(workspace_id=workspace_id)
    if experiment_id is not None:
        here = AskItem.objects.filter(run=OuterRef("pk"), experiment_id=experiment_id)
        found = found.filter(Exists(here))
    if status is not None:
        found = found.filter(status=status.value)
    if cursor is not None:
        found = found.filter(pk__lt=cursor)
    limit = max(1, min(limit, MAX_PAGE))
    runs = list(found.order_by("-pk")[: limit + 1])
    more = runs[limit - 1].pk if len(runs) > limit else None
    return AskRunPage(_to_rows(runs[:limit]), more)


def may_cancel_ask(viewer: Viewer, run: AskRunRow) -> bool:
    """Return whether somebody who sees an asking may cancel it.

    Staff may cancel every one, for the sake of the machine; members whose role lets
    them run may cancel their workspace's.
    """
    return viewer.is_staff or may_write(viewer, run.workspace_id)


def may_resume_ask(viewer: Viewer, run: AskRunRow) -> bool:
    """Return whether somebody who sees an asking may resume it: who pays for it."""
    return may_write(viewer, run.workspace_id)


_PLAIN = (
    "id",
    "workspace_id",
    "name",
    "trigger",
    "reason",
    "prompt_version",
    "outcome",
    "samples",
    "shows_price",
    "max_cost",
    "created_at",
    "started_at",
    "finished_at",
)


def _to_rows(runs: Sequence[AskRun]) -> tuple[AskRunRow, ...]:
    results = _read_results([run.pk for run in runs])
    return tuple(
        AskRunRow(
            status=AskStatus(run.status),
            results=tuple(results[run.pk]),
            **{name: getattr(run, name) for name in _PLAIN},
        )
        for run in runs
    )


def _read_results(run_ids: Sequence[UUID]) -> Mapping[UUID, list[AskResult]]:
    """Return how each model's part stands, by asking, in the order of their models."""
    items = AskItem.objects.filter(run_id__in=run_ids)
    attempts = Attempt.objects.filter(item__run_id__in=run_ids)
    counts = _count(items, "run_id", "status")
    outcomes = _count(attempts, "item__run_id", "outcome")
    costs, reasons = _read_costs(attempts), _first_reasons(items)
    # Every model is asked about the same markets, so each has a first one.
    first = items.filter(position=1).order_by("id")
    found: dict[UUID, list[AskResult]] = defaultdict(list)
    for run_id, one, experiment, provider, model in first.values_list(
        "run_id",
        "experiment_id",
        "experiment__name",
        "experiment__model__provider__name",
        "experiment__model__name",
    ):
        part = (run_id, one)
        found[run_id].append(
            AskResult(
                experiment_id=one,
                experiment=experiment,
                model=f"{provider}/{model}",
                items={each: counts[part, each.value] for each in ItemStatus},
                attempts={each: outcomes[part, each.value] for each in AttemptOutcome},
                cost=costs.get(part, NOTHING),
                reason=reasons.get(part, ""),
            )
        )
    return found


def _read_costs(attempts: QuerySet[Attempt]) -> dict[Part, Decimal | None]:
    """Return what was spent for each part; None where some of it is unknown."""
    untold = Q(cost=None) & ~Q(outcome=AttemptOutcome.FAILED.value)
    found = (
        attempts.order_by()
        .values_list("item__run_id", "experiment_id")
        .annotate(total=Sum("cost"), untold=Count("id", filter=untold))
    )
    return {
        (run_id, experiment_id): None if number else total or NOTHING
        for run_id, experiment_id, total, number in found
    }


def _first_reasons(items: QuerySet[AskItem]) -> dict[Part, str]:
    part = ("run_id", "experiment_id")
    told = items.exclude(reason="").order_by(*part, "position").distinct(*part)
    return {
        (run_id, experiment_id): reason
        for run_id, experiment_id, reason in told.values_list(*part, "reason")
    }


def _count(
    rows: QuerySet[AskItem] | QuerySet[Attempt], run: str, name: str
) -> Mapping[tuple[Part, str], int]:
    found: Iterable[tuple[UUID, UUID, str, int]] = (
        rows.order_by().values_list(run, "experiment_id", name).annotate(Count("id"))
    )
    return defaultdict(
        int, {((one, two), value): number for one, two, value, number in found}
    )
