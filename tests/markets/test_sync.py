"""Discovering open markets, with the simulation where nothing live answers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from apps.core.errors import NotFoundError, UpstreamError
from apps.markets import registry, tasks
from apps.markets.domain.markets import Batch, MarketReading, MarketStatus, Nature
from apps.markets.models import Market
from apps.markets.pipelines.sync import (
    Search,
    SyncStatus,
    refresh_watched,
    seek_overdue,
    sync_installation,
    sync_markets,
)
from apps.markets.selectors.overdue import list_overdue, list_watched_to_refresh
from apps.markets.selectors.venues import get_venue, list_venues
from apps.markets.services.venues import load_venues
from tests.fakes.venue_server import Fault
from tests.markets.make import NOW, make_market, make_venue
from tests.markets.readings import ScriptedGateway, make_reading
from tests.predictions.prices import Clock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from uuid import UUID

    from pytest_django.fixtures import Settings

    from tests.fakes.venue_server import FakeVenues

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
# Nothing listens on the port of discard.
NOWHERE = "http://127.0.0.1:9"


def search(gateway: ScriptedGateway | None = None, **fields: Any) -> Search:
    made = Search(clock=lambda: NOW, **fields)
    if gateway is None:
        return made
    return replace(made, open_venue=lambda _venue, clock: gateway)


def listing(*readings: MarketReading) -> ScriptedGateway:
    given = {reading.external_id: reading for reading in readings}
    return ScriptedGateway(lambda _ids: Batch(given, {}))


@pytest.fixture
def offline(settings: Settings) -> None:
    """No venue can be reached."""
    load_venues(now=NOW)
    services = ("gamma", "clob", "data")
    settings.VENUE_ADDRESSES = {
        **{f"polymarket.{service}": NOWHERE for service in services},
        "manifold.manifold": NOWHERE,
        "kalshi.kalshi": NOWHERE,
    }


@pytest.fixture
def watched() -> Iterator[set[UUID]]:
    ids: set[UUID] = set()
    registry.register_watcher("test", lambda: ids)
    yield ids
    del registry._watchers["test"]


def test_open_markets_are_stored_and_the_new_ones_named() -> None:
    make_venue()
    (first,) = sync_markets(search(listing(make_reading("a"))))
    (again,) = sync_markets(search(listing(make_reading("a"), make_reading("b"))))
    assert (first.status, first.listed, len(first.new)) == (SyncStatus.SYNCED, 1, 1)
    assert (again.listed, again.new) == (2, (Market.objects.get(external_id="b").id,))
    assert get_venue("polymarket").synced_at == NOW


def test_a_query_and_a_limit_reach_the_venue() -> None:
    make_venue()
    gateway = listing(*(make_reading(f"rain {n}") for n in range(5)), make_reading("x"))
    (outcome,) = sync_markets(search(gateway, query="rain", limit=3))
    assert outcome.listed == 3


def test_what_was_listed_before_a_failure_is_kept() -> None:
    make_venue()

    class Breaks(ScriptedGateway):
        async def list_markets(
            self, *, query: str = "", limit: int | None = None
        ) -> AsyncIterator[MarketReading]:
            yield make_reading("a")
            raise UpstreamError("page 2: 500", retryable=True)

    (outcome,) = sync_markets(search(Breaks(lambda _ids: Batch({}, {}))))
    assert (outcome.status, outcome.detail) == (SyncStatus.FAILED, "page 2: 500")
    assert (outcome.listed, len(outcome.new)) == (1, 1)
    assert get_venue("polymarket").failure == "page 2: 500"


def test_a_reading_that_cannot_be_stored_is_named() -> None:
    make_venue()
    bad = make_reading("bad", question="")
    (outcome,) = sync_markets(search(listing(bad, make_reading("a"))))
    assert outcome.failures == {"bad": "it has no id or no question"}
    assert len(outcome.new) == 1


def test_a_venue_that_fails_does_not_hold_up_another(venues: FakeVenues) -> None:
    venues.polymarket.add(1, bid="0.40", ask="0.42")
    make_venue(addresses=venues.addresses())
    make_venue("kalshi", kind="kalshi", addresses={"kalshi": venues.url("kalshi")})
    venues.break_("kalshi", Fault.STATUS)
    kalshi, polymarket = sync_markets(search())
    assert (kalshi.status, polymarket.status) == (SyncStatus.FAILED, SyncStatus.SYNCED)
    assert polymarket.listed == 1


def test_a_venue_that_is_switched_off_is_skipped() -> None:
    make_venue(is_active=False)
    (outcome,) = sync_markets(search(listing(make_reading())))
    assert (outcome.status, outcome.listed) == (SyncStatus.SKIPPED, 0)


def test_a_tape_at_rest_is_skipped_in_silence_unless_it_is_named() -> None:
    make_venue("played", kind="tape", nature="recorded", is_active=False)
    assert sync_markets(search()) == ()
    (outcome,) = sync_markets(search(), venue="played")
    assert outcome.detail == "it is switched off"


def test_an_unknown_venue_is_not_found() -> None:
    with pytest.raises(NotFoundError):
        sync_markets(search(), venue="nowhere")


@pytest.mark.usefixtures("offline")
def test_the_simulation_stands_in_where_no_live_venue_answers() -> None:
    syncs = sync_installation(search())
    assert [(one.venue, one.status.value) for one in syncs] == [
        ("kalshi", "failed"),
        ("manifold", "failed"),
        ("polymarket", "failed"),
        ("simulation", "synced"),
    ]
    assert syncs[-1].listed == Market.objects.count() == 24
    assert {venue.nature for venue in list_venues() if venue.is_stand_in} == {
        Nature.SIMULATED
    }


@pytest.mark.usefixtures("offline")
def test_an_outage_later_on_brings_no_simulation() -> None:
    make_market()
    sync_installation(search())
    assert [venue.name for venue in list_venues() if venue.is_stand_in] == []


def test_markets_that_no_listing_brings_any_more_are_asked_for() -> None:
    ended = make_market("a", ends_at=NOW - HOUR, synced_at=NOW - HOUR)
    closed = make_market("b", status="closed", synced_at=NOW - HOUR)
    make_market("c", ends_at=NOW + HOUR, synced_at=NOW - HOUR)
    quiet = make_market("d", synced_at=NOW - timedelta(days=1))
    make_market("e", status="resolved", synced_at=NOW - timedelta(days=9))
    found = list_overdue(now=NOW, limit=9)
    assert set(found) == {ended.id, closed.id, quiet.id}
    assert list_overdue(now=NOW, limit=1) == [quiet.id]


def make_forgotten(count: int) -> list[UUID]:
    """Make markets that ended and that their venue knows no more, the oldest first."""
    venue = make_venue("simulation", kind="simulated", nature="simulated")
    return [
        make_market(
            f"gone{i}",
            venue=venue,
            ends_at=NOW - 2 * HOUR,
            synced_at=NOW - 2 * HOUR + timedelta(seconds=i),
        ).id
        for i in range(count)
    ]


def test_what_no_venue_knows_takes_turns() -> None:
    gone = make_forgotten(7)
    last = make_market("quiet", venue=make_venue("simulation"), synced_at=NOW - HOUR)
    Market.objects.filter(pk=last.pk).update(status="closed")
    clock, turns = Clock(NOW), []
    for _ in range(3):
        turns.append(list_overdue(now=clock(), limit=3))
        assert seek_overdue(Search(clock), limit=3) == 3
        clock.now += HOUR
    assert turns == [gone[:3], gone[3:6], [gone[6], last.id, gone[0]]]


def test_no_number_of_forgotten_markets_crowds_a_watched_one_out(
    watched: set[UUID],
) -> None:
    gone = make_forgotten(6)
    watched |= {gone[5], gone[4]}
    assert list_overdue(now=NOW, limit=2) == [gone[4], gone[5], gone[0], gone[1]]
    assert seek_overdue(Search(lambda: NOW), limit=2) == 4
    assert list_overdue(now=NOW, limit=9) == gone[2:4]


def test_a_forgotten_market_is_settled_by_the_hourly_sync() -> None:
    venue = make_venue("simulation", kind="simulated", nature="simulated")
    market = make_market("s1-e0-r0-l0", venue=venue, synced_at=NOW - HOUR, ends_at=NOW)
    sync_installation(search())
    market.refresh_from_db()
    assert market.status == MarketStatus.RESOLVED
    assert market.settlement.payout in (0, 1)


def test_watched_markets_are_kept_fresh(watched: set[UUID]) -> None:
    old = make_market("a", synced_at=NOW - timedelta(minutes=10))
    fresh = make_market("b", synced_at=NOW - timedelta(minutes=9))
    make_market("c", synced_at=NOW - timedelta(days=9))
    watched |= {old.id, fresh.id}
    due = list_watched_to_refresh(now=NOW, fresh_for=timedelta(minutes=10))
    assert due == [old.id]


def test_watched_markets_of_stand_ins_are_read_each_time(watched: set[UUID]) -> None:
    venue = make_venue("simulation", kind="simulated", nature="simulated")
    sync_markets(search())
    fresh, settled, unwatched = Market.objects.filter(venue=venue)[:3]
    watched |= {fresh.id, settled.id}
    Market.objects.filter(pk=settled.pk).update(status="resolved")
    assert set(refresh_watched(clock=lambda: NOW).rows) == {fresh.id}
    assert unwatched.id not in watched


@pytest.mark.usefixtures("offline")
def test_the_jobs_of_the_scheduler_sync_ingest_and_make_months(
    watched: set[UUID],
) -> None:
    tasks.ensure_partitions()
    tasks.sync()
    market = Market.objects.filter(venue__name="simulation")[0]
    watched.add(market.id)
    before = market.synced_at - timedelta(hours=1)
    Market.objects.update(synced_at=before, mid=None, quoted_at=None)
    tasks.ingest()
    assert list(Market.objects.filter(mid__isnull=False)) == [market]


def test_a_watcher_s_name_is_taken_once(watched: set[UUID]) -> None:
    with pytest.raises(ValueError, match="a watcher named 'test'"):
        registry.register_watcher("test", lambda: watched)
