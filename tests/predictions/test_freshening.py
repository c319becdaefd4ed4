"""Prices that are fetched anew before predictions are recorded beside them."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from apps.core.partitions import ensure_months, month_of
from apps.predictions.models import Prediction
from tests.accounts.keys import lift_limits
from tests.fakes.venue_server import FakeVenues, Fault
from tests.markets.make import make_market, make_venue
from tests.predictions.make import make_experiment, make_prediction

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from apps.markets.models import Market
    from tests.accounts.cast import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def venues() -> Iterator[FakeVenues]:
    with FakeVenues() as running:
        yield running


@pytest.fixture
def market(venues: FakeVenues) -> Market:
    """A market that is known at 0.60 since five minutes and stands at 0.41 now."""
    return stale(venues, timedelta(minutes=5))


def stale(venues: FakeVenues, age: timedelta) -> Market:
    ensure_months("markets_quote", [month_of(timezone.now().date())])
    name = venues.polymarket.add(1, bid="0.40", ask="0.42").condition_id
    seen_at = timezone.now() - age
    return make_market(
        name,
        venue=make_venue(addresses=venues.addresses()),
        quoted_at=seen_at,
        synced_at=seen_at,
        first_seen_at=seen_at,
    )


def send(cast: Cast, market: Market) -> Any:
    lift_limits()
    client = Client()
    client.force_login(cast.everyone["member"])
    experiment = make_experiment("gut", workspace=cast.workspace)
    body = {
        "experiment": str(experiment.pk),
        "market": str(market.pk),
        "outcome": 0,
        "probability": 0.41,
    }
    return client.post(
        "/api/v1/predictions", json.dumps(body), content_type="application/json"
    )


def prices() -> list[Decimal]:
    return list(Prediction.objects.values_list("market_price", flat=True))


def test_what_is_sent_stands_beside_what_the_venue_says_now(
    cast: Cast, market: Market
) -> None:
    assert send(cast, market).status_code == 201
    assert prices() == [Decimal("0.41")]


def test_a_venue_that_does_not_answer_leaves_the_price_that_is_known(
    cast: Cast, venues: FakeVenues, market: Market
) -> None:
    venues.break_("gamma", Fault.STATUS, times=9, status=500)
    assert send(cast, market).status_code == 201
    assert prices() == [Decimal("0.60")]


def test_a_price_that_stays_too_old_is_refused(cast: Cast, venues: FakeVenues) -> None:
    market = stale(venues, timedelta(minutes=16))
    venues.break_("gamma", Fault.STATUS, times=9, status=500)
    response = send(cast, market)
    assert response.status_code == 422
    assert "older than 15 minutes" in response.content.decode()


def test_a_price_of_this_minute_is_not_asked_for_again(
    cast: Cast, venues: FakeVenues
) -> None:
    assert send(cast, stale(venues, timedelta(seconds=20))).status_code == 201
    assert prices() == [Decimal("0.60")]


def test_the_markets_of_a_file_are_fetched_before_it_is_recorded(
    tmp_path: Path, market: Market
) -> None:
    make_experiment("gut")
    path = tmp_path / "mine.csv"
    path.write_text(f"market,outcome,probability\n{market.pk},0,0.41\n")
    call_command("predictions", "import", str(path), "--experiment", "gut")
    assert prices() == [Decimal("0.41")]


def test_the_markets_of_an_ensemble_are_fetched_before_it_predicts(
    market: Market,
) -> None:
    for name in "ab":
        make_prediction(make_experiment(name), market, created_at=timezone.now())
    words = ("--experiment", "pool", "--from", "a,b", "--method", "median")
    call_command("predictions", "ensemble", *words)
    made = Prediction.objects.get(experiment__name="pool")
    assert made.market_price == Decimal("0.41")
