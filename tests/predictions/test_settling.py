"""Predictions whose markets end between two hours."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from apps.predictions.models import ExperimentScore, Snapshot, Summary
from apps.predictions.pipelines.hourly import run_hour
from apps.predictions.pipelines.settling import settle_ended
from apps.predictions.services.scores import recompute_scores
from tests.markets.make import NOW, make_market
from tests.predictions.make import make_experiment, make_prediction
from tests.predictions.prices import Clock, Prices, settle

if TYPE_CHECKING:
    from apps.markets.models import Market

pytestmark = pytest.mark.django_db
LATER = timedelta(minutes=10)


@pytest.fixture
def market() -> Market:
    return make_market(price="0.60")


def look(market: Market) -> Clock:
    """Have the hour looked at, and return its clock, a while later."""
    clock, prices = Clock(NOW + LATER), Prices()
    prices.tell(market, "0.65")
    assert run_hour(clock=clock, refresh=prices) is not None
    clock.now += LATER
    return clock


def test_a_market_that_ends_between_the_hours_is_scored_before_the_next(
    market: Market,
) -> None:
    made = make_prediction(make_experiment(), market, "0.75")
    clock = look(market)
    settle(market, 1, clock.now)
    assert settle_ended(clock=clock) == 1
    own = Summary.objects.get()
    assert (own.benchmark_status, own.value, own.closing_price) == (
        "COMPLETED",
        1.0,
        0.65,
    )
    assert own.skill == pytest.approx(0.4**2 - 0.25**2)
    assert own.total_snapshots == Snapshot.objects.count() == 1
    recompute_scores(now=clock.now)
    assert ExperimentScore.objects.get(experiment=made.experiment_id).settled == 1
    assert settle_ended(clock=clock) == 0


def test_a_void_market_and_a_paused_prediction_are_completed_too(
    market: Market,
) -> None:
    make_prediction(make_experiment(), market)
    Summary.objects.update(benchmark_status="PAUSED")
    settle(market, None, NOW)
    settle_ended(clock=Clock(NOW))
    own = Summary.objects.get()
    assert (own.benchmark_status, own.is_void, own.skill) == ("COMPLETED", True, None)


def test_what_has_not_ended_and_backtests_are_left_alone(market: Market) -> None:
    make_prediction(make_experiment(), make_market("snow"))
    make_prediction(make_experiment("played", is_backtest=True), market)
    settle(market, 1, NOW)
    assert settle_ended(clock=Clock(NOW)) == 0
    assert set(Summary.objects.values_list("benchmark_status", flat=True)) == {"ACTIVE"}
    assert Snapshot.objects.count() == 0
