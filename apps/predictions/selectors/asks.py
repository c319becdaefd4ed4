"""Askings of models: how they stand, and what is left to be asked."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import Count, Q, Sum

from apps.catalog.selectors.models import get_models
from apps.core.errors import NotFoundError
from apps.predictions.domain.words import AskStatus, AttemptOutcome, ItemStatus
from apps.predictions.models import AskItem, AskRun, Attempt

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from apps.accounts.selectors.workspaces import Viewer
    from apps.catalog.selectors.models import ModelRow

ACTIVE = (AskStatus.QUEUED.value, AskStatus.RUNNING.value)
NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class AttemptMade:
    """One question that was put to a model already."""

    sample: int
    attempt: int
    outcome: AttemptOutcome
    answer: str
    reason: str
    probability: float | None
    confidence: float | None
    reasoning: str
    cost: Decimal | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ItemPlan:
    """A market that a model is to be asked about, and what it was asked already."""

    id: UUID
    market_id: UUID
    prompt: str  # "" where nothing was asked yet
    prompted_at: datetime | None
    price_shown: Decimal | None
    attempts: tuple[AttemptMade, ...]


@dataclass(frozen=True, slots=True)
class ModelPlan:
    """What is left for one model; `dearest` is the most that an answer of it cost."""

    experiment_id: UUID
    model: ModelRow
    items: tuple[ItemPlan, ...]
    dearest: Decimal


@dataclass(frozen=True, slots=True)
class AskPlan:
    """What is left of an asking, and what of it never changes."""

    run_id: UUID
    workspace_id: UUID | None
    prompt_version: str
    outcome: int
    samples: int
    shows_price: bool
    seed: int
    max_cost: Decimal | None
    spent: Decimal
    models: tuple[ModelPlan, ...]


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
    return AskRunRow(
        status=AskStatus(run.status),
        results=_read_results(run.pk),
        **{name: getattr(run, name) for name in _PLAIN},
    )


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


def get_ask_plan(run_id: UUID) -> AskPlan:
    """Return what is left of an asking: for the worker that holds it.

    Raises:
        NotFoundError: there is no such asking.
    """
    run = AskRun.objects.filter(pk=run_id).first()
    if run is None:
        raise NotFoundError(f"There is no asking {run_id}.")
    made = Attempt.objects.filter(item__run=run)
    pending = AskItem.objects.filter(run=run, status=ItemStatus.PENDING.value)
    by_item = _attempts_by_item(made.filter(item__in=pending))
    by_experiment: dict[UUID, list[ItemPlan]] = defaultdict(list)
    models: dict[UUID, UUID | None] = {}
    for item in pending.select_related("experiment").order_by("position"):
        models[item.experiment_id] = item.experiment.model_id
        by_experiment[item.experiment_id].append(
            ItemPlan(
                id=item.pk,
                market_id=item.market_id,
                prompt=item.prompt,
                prompted_at=item.prompted_at,
                price_shown=item.price_shown,
                attempts=tuple(by_item[item.pk]),
            )
        )
    rows = get_models(one for one in models.values() if one is not None)
    dearest = _dearest(made)
    return AskPlan(
        run_id=run.pk,
        workspace_id=run.workspace_id,
        prompt_version=run.prompt_version,
        outcome=run.outcome,
        samples=run.samples,
        shows_price=run.shows_price,
        seed=run.seed,
        max_cost=run.max_cost,
        spent=made.aggregate(total=Sum("cost"))["total"] or NOTHING,
        models=tuple(
            ModelPlan(
                experiment_id,
                rows[model_id],
                tuple(by_experiment[experiment_id]),
                dearest.get(experiment_id, NOTHING),
            )
            for experiment_id, model_id in models.items()
            if model_id is not None
        ),
    )


def _attempts_by_item(
    attempts: QuerySet[Attempt],
) -> Mapping[UUID, list[AttemptMade]]:
    found: dict[UUID, list[AttemptMade]] = defaultdict(list)
    for one in attempts.order_by("sample", "attempt"):
        if one.item_id is not None:
            found[one.item_id].append(
                AttemptMade(
                    outcome=AttemptOutcome(one.outcome),
                    **{name: getattr(one, name) for name in _OF_ATTEMPT},
                )
            )
    return found


_OF_ATTEMPT = (
    "sample",
    "attempt",
    "answer",
    "reason",
    "probability",
    "confidence",
    "reasoning",
    "cost",
    "created_at",
)


def _dearest(made: QuerySet[Attempt]) -> dict[UUID, Decimal]:
    costs: dict[UUID, Decimal] = {}
    for experiment_id, cost in made.exclude(cost=None).values_list(
        "experiment_id", "cost"
    ):
        costs[experiment_id] = max(costs.get(experiment_id, NOTHING), cost or NOTHING)
    return costs


def _read_results(run_id: UUID) -> tuple[AskResult, ...]:
    items = AskItem.objects.filter(run_id=run_id)
    attempts = Attempt.objects.filter(item__run_id=run_id)
    counts = _count(items, "experiment_id", "status")
    outcomes = _count(attempts, "experiment_id", "outcome")
    costs, reasons = _read_costs(attempts), _first_reasons(items)
    # Every model is asked about the same markets, so each has a first one.
    first = items.filter(position=1).order_by("id")
    names = first.values_list(
        "experiment_id",
        "experiment__name",
        "experiment__model__provider__name",
        "experiment__model__name",
    )
    return tuple(
        AskResult(
            experiment_id=one,
            experiment=experiment,
            model=f"{provider}/{model}",
            items={status: counts[one, status.value] for status in ItemStatus},
            attempts={each: outcomes[one, each.value] for each in AttemptOutcome},
            cost=costs.get(one, NOTHING),
            reason=reasons.get(one, ""),
        )
        for one, experiment, provider, model in names
    )


def _read_costs(attempts: QuerySet[Attempt]) -> dict[UUID, Decimal | None]:
    """Return what was spent for each experiment; None where some of it is unknown."""
    untold = Q(cost=None) & ~Q(outcome=AttemptOutcome.FAILED.value)
    found = (
        attempts.order_by()
        .values_list("experiment_id")
        .annotate(total=Sum("cost"), untold=Count("id", filter=untold))
    )
    return {
        experiment_id: None if number else total or NOTHING
        for experiment_id, total, number in found
    }


def _first_reasons(items: QuerySet[AskItem]) -> dict[UUID, str]:
    told = items.exclude(reason="").order_by("experiment_id", "position")
    return dict(told.distinct("experiment_id").values_list("experiment_id", "reason"))


def _count(
    rows: QuerySet[AskItem] | QuerySet[Attempt], *names: str
) -> Mapping[tuple[UUID, str], int]:
    found: Iterable[tuple[UUID, str, int]] = (
        rows.order_by().values_list(*names).annotate(rows=Count("id"))
    )
    return defaultdict(int, {(one, name): number for one, name, number in found})
