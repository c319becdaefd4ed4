"""What stands behind a prediction: how a model was asked, and its neighbours."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from apps.predictions.models import Attempt, Prediction

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal
    from uuid import UUID

    from apps.predictions.selectors.predictions import PredictionRow

MOST_ATTEMPTS = 20


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """One question to a model with what it answered."""

    sample: int
    attempt: int
    outcome: str
    prompt: str
    answer: str
    reason: str
    probability: float | None
    provider_model: str
    input_tokens: int | None
    output_tokens: int | None
    cost: Decimal | None
    working_ms: float | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The predictions before and after one in the chain of its experiment."""

    before: UUID | None
    after: UUID | None


def list_attempts(
    prediction_id: UUID, *, limit: int = MOST_ATTEMPTS
) -> tuple[AttemptRow, ...]:
    """Return the questions that a prediction was made from, in their order.

    Whoever looks: the caller has found the prediction through a door of `visible`.
    """
    names = [one.name for one in fields(AttemptRow)]
    found = Attempt.objects.filter(prediction_id=prediction_id)
    rows = found.order_by("sample", "attempt", "id").values_list(*names)
    return tuple(AttemptRow(*row) for row in rows[:limit])


def find_neighbours(prediction: PredictionRow) -> Neighbours:
    """Return what stands before and after a prediction in its chain."""
    here = prediction.sequence
    found = Prediction.objects.filter(
        experiment_id=prediction.experiment_id, sequence__in=[here - 1, here + 1]
    )
    ids = dict(found.values_list("sequence", "pk"))
    return Neighbours(before=ids.get(here - 1), after=ids.get(here + 1))
