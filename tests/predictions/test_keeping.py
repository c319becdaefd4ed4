"""How long the hours of predictions and the quotes of markets are kept."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from threading import Event
from typing import TYPE_CHECKING

import pytest
from django.db import connection, transaction
from django.utils import timezone

from apps.core.partitions import months_back
from apps.markets import tasks as market_tasks
from apps.markets.models import Quote
from apps.markets.services.partitions import drop_old_quotes
from apps.predictions import tasks
from apps.predictions.models import Prediction, Snapshot, Summary
from apps.predictions.pipelines.hourly import run_hour
from apps.predictions.services.partitions import drop_old_snapshots
from apps.predictions.services.rebuilding import rebuild_summaries
from tests.markets.make import make_market, make_quote, make_venue
from tests.predictions.make import make_experiment, make_prediction
from tests.predictions.prices import Clock, Prices

if TYPE_CHECKING:
    from django.test import Client
    from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 24)
SEPTEMBER = ("predictions_snapshot_2026_09",)
HOURS = (
    datetime(2026, 9, 10, 12, 5, tzinfo=UTC),
    datetime(2026, 9, 30, 23, 5, tzinfo=UTC),
    datetime(2026, 10, 1, 0, 5, tzinfo=UTC),
    datetime(2026, 11, 24, 12, 5, tzinfo=UTC),
)


@pytest.fixture
def old() -> Prediction:
    """A prediction with hours in three months, beside one of the last of them."""
    market = make_market(price="0.60")
    began = datetime(2026, 9, 10, 12, 0, tzinfo=UTC)
    made = make_prediction(make_experiment("old"), market, created_at=began)
    make_prediction(make_experiment("new"), market, created_at=HOURS[3])
    prices = Prices()
    for number, at in enumerate(HOURS):
        prices.tell(market, f"0.6{number}")
        run_hour(clock=Clock(at), refresh=prices)
    return made


def test_old_months_go_and_summaries_say_how_many_hours_went(old: Prediction) -> None:
    assert drop_old_snapshots(today=TODAY, months=2) == ()
    before = Summary.objects.get(pk=old.pk)
    assert drop_old_snapshots(today=TODAY, months=1) == SEPTEMBER
    hours = Snapshot.objects.filter(prediction=old).values_list("hour", flat=True)
    assert list(hours) == [one.replace(minute=0) for one in HOURS[2:]]
    after = Summary.objects.get(pk=old.pk)
    dropped = (after.dropped_snapshots, after.dropped_before)
    assert dropped == (2, datetime(2026, 10, 1, tzinfo=UTC))
    for kept in ("total_snapshots", "interim_skill", "avg_convergence_rate"):
        assert getattr(after, kept) == getattr(before, kept)
    assert after.updated_at == before.updated_at  # no score has changed
    new = Summary.objects.exclude(pk=old.pk).get()
    assert (new.dropped_snapshots, new.dropped_before) == (0, None)


def test_months_that_go_later_are_added_up(old: Prediction) -> None:
    drop_old_snapshots(today=TODAY, months=1)
    drop_old_snapshots(today=date(2026, 12, 1), months=1)
    own = Summary.objects.get(pk=old.pk)
    assert (own.total_snapshots, own.dropped_snapshots) == (4, 3)
    assert own.dropped_before == datetime(2026, 11, 1, tzinfo=UTC)


def test_what_was_dropped_is_not_lost_by_computing_afresh(old: Prediction) -> None:
    drop_old_snapshots(today=TODAY, months=1)
    # Told wrongly, so that the hours that are left seem to be all there were.
    Summary.objects.update(total_snapshots=1)
    assert rebuild_summaries(now=HOURS[3]) == 1
    own = Summary.objects.get(pk=old.pk)
    assert (own.total_snapshots, own.dropped_snapshots) == (1, 2)


@pytest.mark.usefixtures("old")
def test_hours_are_kept_for_ever_unless_a_setting_says_otherwise(
    settings: Settings,
) -> None:
    assert drop_old_snapshots(today=date(2099, 1, 1), months=0) == ()
    tasks.drop_old_snapshots()
    assert Snapshot.objects.count() == 5
    today = timezone.now().date()
    settings.SNAPSHOT_MONTHS = 1
    tasks.drop_old_snapshots()
    first = months_back(today, 1)
    assert all(one.hour.date() >= first for one in Snapshot.objects.all())


def test_quotes_of_old_months_go(settings: Settings) -> None:
    market = make_market()
    for at in HOURS:
        make_quote(market, "0.5", at)
    connection.check_constraints()  # else they wait for the end, and so do the months
    assert drop_old_quotes(today=TODAY, months=0) == ()
    assert drop_old_quotes(today=TODAY, months=1) == ("markets_quote_2026_09",)
    assert Quote.objects.count() == 2
    settings.QUOTE_MONTHS = 0
    market_tasks.drop_old_quotes()
    assert Quote.objects.count() == 2


def test_a_recording_of_long_ago_is_kept_among_months_that_go() -> None:
    recorded = make_market(
        "old", venue=make_venue("tape", kind="tape", nature="recorded")
    )
    for market in (recorded, make_market()):
        make_quote(market, "0.5", HOURS[0])
    connection.check_constraints()
    assert drop_old_quotes(today=TODAY, months=1) == ()
    assert [quote.market_id for quote in Quote.objects.all()] == [recorded.pk]


@pytest.mark.django_db(transaction=True)
def test_a_recording_that_is_being_stored_is_waited_for() -> None:
    recorded = make_market(
        "old", venue=make_venue("tape", kind="tape", nature="recorded")
    )
    make_quote(make_market(), "0.5", HOURS[0])
    is_stored = Event()

    def store() -> None:
        with transaction.atomic():
            make_quote(recorded, "0.5", HOURS[0])
            is_stored.set()
            time.sleep(0.5)  # long enough to be met, if nobody waits
        connection.close()

    with ThreadPoolExecutor() as pool:
        storing = pool.submit(store)
        assert is_stored.wait(5)
        assert drop_old_quotes(today=TODAY, months=1) == ()
        storing.result()
    assert Quote.objects.get().market_id == recorded.pk


def test_the_page_and_the_api_say_that_hours_are_missing(
    client: Client, old: Prediction
) -> None:
    page, api = f"/predictions/{old.pk}/", f"/api/v1/benchmarks/predictions/{old.pk}"
    assert "kept no longer" not in client.get(page).content.decode()
    drop_old_snapshots(today=TODAY, months=1)
    shown = " ".join(client.get(page).content.decode().split())
    assert "Of 4 recorded hours, 2 from before" in shown
    assert "are kept no longer" in shown
    told = client.get(api).json()
    assert (told["total_snapshots"], told["dropped_snapshots"]) == (4, 2)
    assert told["dropped_before"] == "2026-10-01T00:00:00Z"


def test_a_market_s_page_says_from_when_its_quotes_are_kept(
    client: Client, settings: Settings
) -> None:
    long_ago = datetime(2024, 1, 31, tzinfo=UTC)
    page = f"/markets/{make_market(first_seen_at=long_ago).pk}/"
    settings.QUOTE_MONTHS = 0
    assert "kept no longer" not in client.get(page).content.decode()
    settings.QUOTE_MONTHS = 3
    first = months_back(timezone.now().date(), 3)
    assert f"{first}</time> are kept no longer" in client.get(page).content.decode()
