"""Several who record into one experiment at once."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from django.db import connection

from apps.core.errors import ConflictError
from apps.predictions.domain.entries import EntriesRefusedError, NewPrediction
from apps.predictions.domain.words import ExperimentKind
from apps.predictions.models import Experiment, Prediction, Summary
from apps.predictions.selectors.audit import audit_chains
from apps.predictions.services.experiments import create_experiment
from apps.predictions.services.predictions import record_predictions
from tests.markets.make import NOW, make_market

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from uuid import UUID

pytestmark = pytest.mark.django_db(transaction=True)

Batch = list[NewPrediction]


def draw_batches(seed: int, market: str) -> list[Batch]:
    """Draw batches with references that repeat, with other contents, and faults."""
    draw = random.Random(seed)  # noqa: S311 - no secret

    def entry() -> NewPrediction:
        reference = draw.choice(["", "", f"r{draw.randint(1, 12)}"])
        probability = Decimal(draw.choice(["0.2", "0.2", "0.2", "0.9", "7"]))
        return NewPrediction(market, 0, probability, reference=reference)

    return [[entry() for _ in range(draw.randint(1, 3))] for _ in range(24)]


def all_at_once(jobs: Sequence[Callable[[], int]]) -> list[int]:
    def run(job: Callable[[], int]) -> int:
        try:
            return job()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(run, jobs))


def job_of(experiment_id: UUID, batch: Batch, now: datetime) -> Callable[[], int]:
    def record() -> int:
        try:
            rows = record_predictions(
                experiment_id=experiment_id, entries=batch, now=now
            )
        except (ConflictError, EntriesRefusedError):
            return 0
        return len(rows)

    return record


@pytest.mark.parametrize("seed", range(3))
def test_writers_at_once_make_one_chain(seed: int) -> None:
    market = make_market()
    made = create_experiment(
        workspace_id=None, name="busy", kind=ExperimentKind.SUBMITTED, now=NOW
    )
    clocks = random.Random(seed)  # noqa: S311 - no secret
    jobs = [
        job_of(made.id, batch, NOW + timedelta(seconds=clocks.uniform(0, 30)))
        for batch in draw_batches(seed, str(market.pk))
    ]
    returned = sum(all_at_once(jobs))
    stored = Prediction.objects.count()
    assert 0 < stored <= returned
    assert Summary.objects.count() == stored
    assert Experiment.objects.get().predictions_made == stored
    (audit,) = audit_chains()
    assert (audit.predictions, audit.broken) == (stored, None)


def test_one_reference_from_eight_at_once_is_one_prediction() -> None:
    market = make_market()
    made = create_experiment(
        workspace_id=None, name="busy", kind=ExperimentKind.SUBMITTED, now=NOW
    )
    sent = NewPrediction(market.pk, 0, Decimal("0.3"), reference="once")

    def record() -> int:
        record_predictions(experiment_id=made.id, entries=[sent], now=NOW)
        return 1

    assert sum(all_at_once([record] * 8)) == 8
    assert Prediction.objects.count() == 1


def test_of_eight_that_begin_an_experiment_of_one_name_one_does() -> None:
    def begin() -> int:
        try:
            create_experiment(
                workspace_id=None, name="x", kind=ExperimentKind.SUBMITTED, now=NOW
            )
        except ConflictError:
            return 0
        return 1

    assert sum(all_at_once([begin] * 8)) == 1
