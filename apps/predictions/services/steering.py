"""Pausing the hourly look at a prediction, and taking it up again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from apps.core.errors import ConflictError, NotFoundError
from apps.predictions.domain.words import BenchmarkStatus
from apps.predictions.models import Summary
from apps.predictions.services.live import announce_prediction

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID


@transaction.atomic
def pause_prediction(*, prediction_id: UUID, now: datetime) -> None:
    """Stop looking at a prediction every hour; a paused one stays paused.

    Raises:
        ConflictError: its market has ended, and nobody looks any more.
        NotFoundError: there is no such prediction.
    """
    _steer(prediction_id, BenchmarkStatus.ACTIVE, BenchmarkStatus.PAUSED, now, {})


@transaction.atomic
def resume_prediction(*, prediction_id: UUID, now: datetime) -> None:
    """Look at a prediction every hour again; the hours in between stay a gap.

    It has no interim skill until the next valid look. Where its market has closed
    meanwhile there is none: nobody keeps a good moment by pausing and resuming.

    Raises:
        ConflictError: its market has ended, and nobody looks any more.
        NotFoundError: there is no such prediction.
    """
    afresh = {"resumed_at": now, "interim_skill": None}
    _steer(prediction_id, BenchmarkStatus.PAUSED, BenchmarkStatus.ACTIVE, now, afresh)


def _steer(
    prediction_id: UUID,
    old: BenchmarkStatus,
    new: BenchmarkStatus,
    now: datetime,
    others: Mapping[str, datetime | None],
) -> None:
    mine = Summary.objects.filter(pk=prediction_id)
    changed = {"benchmark_status": new, "updated_at": now, **others}
    if mine.filter(benchmark_status=old).update(**changed):
        announce_prediction(prediction_id)
        return
    found = mine.values_list("benchmark_status", flat=True).first()
    if found is None:
        raise NotFoundError(f"There is no prediction {prediction_id}.")
    if found == BenchmarkStatus.COMPLETED:
        raise ConflictError(
            f"Prediction {prediction_id} is completed: its market has ended, so there"
            " is nothing to pause or to resume."
        )
