"""Storing what models answer, each answer as it comes, and what it comes to."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from apps.core.errors import ConflictError
from apps.predictions.domain.entries import EntriesRefusedError
from apps.predictions.domain.words import AttemptOutcome, ItemStatus
from apps.predictions.models import AskItem, Attempt
from apps.predictions.services.ask_leases import hold_ask
from apps.predictions.services.predictions import record_predictions

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal
    from uuid import UUID

    from apps.predictions.domain.entries import NewPrediction
    from apps.predictions.services.ask_leases import AskLease


@dataclass(frozen=True, slots=True)
class NewAttempt:
    """One question to a model with what came of it; None is unknown."""

    item_id: UUID
    experiment_id: UUID
    market_id: UUID
    sample: int
    attempt: int
    outcome: AttemptOutcome
    finish: str
    prompt: str
    answer: str
    reason: str
    probability: float | None
    confidence: float | None
    reasoning: str
    provider_model: str
    input_tokens: int | None
    output_tokens: int | None
    cost: Decimal | None
    working_ms: float | None
    created_at: datetime


@transaction.atomic
def put_question(
    *,
    lease: AskLease,
    item_id: UUID,
    prompt: str,
    price_shown: Decimal | None,
    now: datetime,
) -> None:
    """Write down what every sample of an item is asked from now on.

    Raises:
        AskLostError: somebody else has the asking.
    """
    hold_ask(lease, now=now)
    AskItem.objects.filter(pk=item_id, status=ItemStatus.PENDING.value).update(
        prompt=prompt, prompted_at=now, price_shown=price_shown
    )


@transaction.atomic
def store_attempt(*, lease: AskLease, made: NewAttempt, now: datetime) -> None:
    """Store one attempt; repeating it changes nothing.

    Raises:
        AskLostError: somebody else has the asking.
    """
    hold_ask(lease, now=now, takes=0)
    Attempt.objects.get_or_create(
        item_id=made.item_id,
        sample=made.sample,
        attempt=made.attempt,
        defaults={**asdict(made), "outcome": made.outcome.value},
    )


@transaction.atomic
def settle_item(
    *,
    lease: AskLease,
    item_id: UUID,
    entry: NewPrediction | None,
    status: ItemStatus,
    reason: str,
    now: datetime,
) -> ItemStatus:
    """Record the prediction of an item, or why there is none; return what it became.

    A market that closed meanwhile refuses the prediction; the answers are kept.

    Raises:
        AskLostError: somebody else has the asking.
    """
    hold_ask(lease, now=now, takes=0)
    item = AskItem.objects.select_for_update().get(pk=item_id)
    if item.status != ItemStatus.PENDING.value:
        return ItemStatus(item.status)
    item.status, item.reason = status.value, reason[:300]
    if entry is not None:
        _record(item, entry, now)
    item.full_clean(validate_unique=False)
    item.save(update_fields=["status", "reason", "prediction"])
    return ItemStatus(item.status)


def _record(item: AskItem, entry: NewPrediction, now: datetime) -> None:
    try:
        with transaction.atomic():
            (row,) = record_predictions(
                experiment_id=item.experiment_id, entries=[entry], now=now
            )
    except EntriesRefusedError as error:
        refused = "; ".join(f"{one.field}: {one.what}" for one in error.entries)
        item.status, item.reason = ItemStatus.REFUSED.value, refused[:300]
        return
    except ConflictError as error:
        item.status, item.reason = ItemStatus.REFUSED.value, str(error)[:300]
        return
    item.status, item.prediction_id = ItemStatus.RECORDED.value, row.id
    Attempt.objects.filter(item=item).update(prediction_id=row.id)
