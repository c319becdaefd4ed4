"""Pausing and resuming predictions."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from apps.core.errors import ConflictError, NotFoundError
from apps.core.ids import new_id
from apps.predictions.models import Summary
from apps.predictions.services.steering import pause_prediction, resume_prediction
from tests.markets.make import NOW, make_market
from tests.predictions.make import make_experiment, make_prediction

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


def test_a_prediction_is_paused_and_resumed_once_and_for_all_who_ask() -> None:
    made = make_prediction(make_experiment(), make_market())
    other = make_prediction(make_experiment("other"), make_market("snow"))
    for steer, status in (
        (pause_prediction, "PAUSED"),
        (pause_prediction, "PAUSED"),
        (resume_prediction, "ACTIVE"),
        (resume_prediction, "ACTIVE"),
    ):
        steer(prediction_id=made.pk, now=LATER)
        summary = Summary.objects.get(pk=made.pk)
        assert (summary.benchmark_status, summary.updated_at) == (status, LATER)
    assert Summary.objects.get(pk=other.pk).updated_at != LATER


@pytest.mark.parametrize("steer", [pause_prediction, resume_prediction])
def test_a_completed_prediction_is_neither_paused_nor_resumed(
    steer: Callable[..., None],
) -> None:
    made = make_prediction(make_experiment(), make_market())
    Summary.objects.update(benchmark_status="COMPLETED")
    with pytest.raises(ConflictError, match="its market has ended"):
        steer(prediction_id=made.pk, now=LATER)
    assert Summary.objects.get().benchmark_status == "COMPLETED"


@pytest.mark.parametrize("steer", [pause_prediction, resume_prediction])
def test_a_prediction_that_is_not_there_is_not_found(
    steer: Callable[..., None],
) -> None:
    with pytest.raises(NotFoundError, match="There is no prediction"):
        steer(prediction_id=new_id(), now=LATER)
