"""What is left of an asking of models, for the worker that holds it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import Sum

from apps.catalog.selectors.models import get_models
from apps.core.errors import NotFoundError
from apps.predictions.domain.words import AttemptOutcome, ItemStatus
from apps.predictions.models import AskItem, AskRun, Attempt

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from apps.catalog.selectors.models import ModelRow

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


def list_models_left(run_id: UUID) -> tuple[ModelRow, ...]:
    """Return the models that an asking has something left for."""
    left = AskItem.objects.filter(run_id=run_id, status=ItemStatus.PENDING.value)
    found = left.order_by().values_list("experiment__model_id", flat=True).distinct()
    return tuple(get_models(found).values())


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
