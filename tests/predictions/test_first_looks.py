"""What is predicted after the hour's job is over."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.predictions.models import BenchmarkJob, Snapshot
from apps.predictions.pipelines.hourly import run_hour
from apps.predictions.services.jobs import MOST_FIRST_LOOKS
from tests.markets.make import NOW, make_market
from tests.predictions.make import make_experiment, make_prediction
from tests.predictions.prices import Clock, Prices

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def test_an_hour_that_is_done_is_taken_up_again_for_new_predictions() -> None:
    clock, prices = Clock(NOW), Prices()
    assert run_hour(clock=clock, refresh=prices) is not None
    clock.now += 5 * MINUTE
    made = make_prediction(make_experiment(), make_market(), created_at=clock.now)
    clock.now += 5 * MINUTE
    job = run_hour(clock=clock, refresh=prices)
    assert job is not None
    assert (job.status, job.takes, job.successful) == ("completed", 2, 1)
    assert Snapshot.objects.get().prediction_id == made.pk
    assert run_hour(clock=clock, refresh=prices) is None


def test_only_what_is_new_is_looked_at_then() -> None:
    clock, prices = Clock(NOW), Prices()
    experiment = make_experiment()
    make_prediction(experiment, make_market("old"), created_at=NOW)
    assert run_hour(clock=clock, refresh=prices) is not None
    clock.now += MINUTE
    new = make_market("new")
    make_prediction(experiment, new, created_at=clock.now)
    job = run_hour(clock=clock, refresh=prices)
    assert prices.asked[-1] == (new.pk,)
    assert job is not None
    assert (job.successful, job.markets_tracked) == (2, 2)


def test_an_hour_is_taken_up_again_a_few_times_only() -> None:
    clock, prices = Clock(NOW.replace(minute=3)), Prices()
    experiment = make_experiment()
    for number in range(11):
        market = make_market(f"m{number}")
        prices.tell(market, "0.6")
        make_prediction(experiment, market, created_at=clock.now)
        run_hour(clock=clock, refresh=prices)
        clock.now += 5 * MINUTE
    assert BenchmarkJob.objects.get().takes == MOST_FIRST_LOOKS
    assert Snapshot.objects.count() == MOST_FIRST_LOOKS
    clock.now += 5 * MINUTE
    job = run_hour(clock=clock, refresh=prices)
    assert job is not None
    assert job.successful == 11


@pytest.mark.parametrize("status", ["PAUSED", "COMPLETED"])
def test_what_is_not_looked_at_takes_up_no_hour(status: str) -> None:
    clock, prices = Clock(NOW), Prices()
    assert run_hour(clock=clock, refresh=prices) is not None
    clock.now += MINUTE
    made = make_prediction(make_experiment(), make_market(), created_at=clock.now)
    made.summary.benchmark_status = status
    made.summary.save()
    assert run_hour(clock=clock, refresh=prices) is None


def test_a_backtest_takes_up_no_hour() -> None:
    clock, prices = Clock(NOW), Prices()
    assert run_hour(clock=clock, refresh=prices) is not None
    clock.now += MINUTE
    make_prediction(
        make_experiment(is_backtest=True), make_market(), created_at=clock.now
    )
    assert run_hour(clock=clock, refresh=prices) is None


def test_what_is_made_at_the_end_of_an_hour_waits_for_the_next_ones_job() -> None:
    clock, prices = Clock(NOW), Prices()
    assert run_hour(clock=clock, refresh=prices) is not None
    clock.now = NOW.replace(minute=50)
    market = make_market()
    prices.tell(market, "0.6")
    made = make_prediction(make_experiment(), market, created_at=clock.now)
    assert run_hour(clock=clock, refresh=prices) is None
    assert BenchmarkJob.objects.get().status == "completed"
    clock.now += 13 * MINUTE
    assert run_hour(clock=clock, refresh=prices) is not None
    assert Snapshot.objects.get().prediction_id == made.pk
