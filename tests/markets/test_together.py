"""Several who store at once, and one who is killed in the middle."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from django.db import OperationalError, connection, transaction

from apps.core.partitions import ensure_months, month_of
from apps.markets.models import Market, Quote, Settlement
from apps.markets.pipelines.refresh import refresh_markets
from apps.markets.services.readings import store_readings
from tests.markets.make import NOW, make_market, make_venue
from tests.markets.readings import make_reading, make_settled

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from apps.markets.domain.markets import MarketReading
    from apps.markets.services.readings import Stored
    from tests.fakes.venue_server import FakeVenues

pytestmark = pytest.mark.django_db(transaction=True)
NAMES = [f"m{number:03}" for number in range(200)]


@pytest.fixture(autouse=True)
def _month() -> None:
    ensure_months("markets_quote", [month_of(NOW.date())])


def at_once(*works: Callable[[], Stored]) -> list[Stored]:
    """Do all of it in threads of their own, begun together."""
    gate = threading.Barrier(len(works))

    def do(work: Callable[[], Stored]) -> Stored:
        gate.wait()
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(do, works))


def storing(venue: UUID, readings: list[MarketReading]) -> Callable[[], Stored]:
    return lambda: store_readings(venue_id=venue, readings=readings, now=NOW)


def test_two_who_store_the_same_markets_store_each_once() -> None:
    venue = make_venue().id
    there = [make_reading(name) for name in NAMES]
    back = list(reversed(there))
    done = at_once(*(storing(venue, rows) for rows in (there, back, there, back)))
    assert sum(len(stored.new) for stored in done) == len(NAMES)
    assert sum(stored.quotes for stored in done) == len(NAMES)
    assert (Market.objects.count(), Quote.objects.count()) == (200, 200)
    assert len({frozenset(stored.market_ids.items()) for stored in done}) == 1


def test_of_two_quotes_the_newer_stays_whoever_comes_last() -> None:
    venue = make_venue().id
    older = [make_reading(name, "0.30", NOW - timedelta(hours=1)) for name in NAMES]
    newer = [make_reading(name, "0.70", NOW) for name in NAMES]
    at_once(storing(venue, newer), storing(venue, older))
    assert set(Market.objects.values_list("mid", flat=True)) == {Decimal("0.70")}
    assert Quote.objects.count() == 400


def test_of_two_settlements_one_is_written_and_the_other_reported() -> None:
    venue = make_venue().id
    yes, no = ([make_settled(name, payout) for name in NAMES] for payout in "10")
    done = at_once(storing(venue, yes), storing(venue, no))
    assert sorted(len(stored.settled) for stored in done) == [0, 200]
    assert sorted(len(stored.contradicted) for stored in done) == [0, 200]
    assert len(set(Settlement.objects.values_list("payout", flat=True))) == 1


def test_two_refreshes_at_once_leave_one_quote_of_each_market(
    venues: FakeVenues,
) -> None:
    venues.polymarket.add_many(120)
    venue = make_venue(addresses=venues.addresses())
    names = [market.condition_id for market in venues.polymarket.markets.values()]
    ids = [make_market(name, None, venue=venue).id for name in names]

    def refresh() -> int:
        try:
            return len(refresh_markets(ids, clock=lambda: NOW).rows)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(refresh) for _ in range(2)]
        assert [one.result(30) for one in both] == [120, 120]
    assert Quote.objects.values("market").distinct().count() == 120
    assert Quote.objects.count() == 120


def test_who_is_killed_in_the_middle_leaves_nothing_half_done() -> None:
    venue = make_venue().id
    make_market(NAMES[-1], None)
    readings = [make_reading(name) for name in NAMES]
    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        # Its statement stops at the one row that is held here, and is ended there.
        Market.objects.select_for_update().get(external_id=NAMES[-1])
        killed = pool.submit(at_once, storing(venue, readings))
        _kill_whoever_waits()
        with pytest.raises(OperationalError):
            killed.result(10)
    assert (Market.objects.count(), Quote.objects.count()) == (1, 0)
    stored = store_readings(venue_id=venue, readings=readings, now=NOW)
    assert (len(stored.new), stored.quotes) == (199, 200)


def _kill_whoever_waits() -> None:
    deadline = time.monotonic() + 10
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            # Within a transaction, what was seen once would be seen for ever.
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE wait_event_type = 'Lock' AND query LIKE '%INTO markets_market%'"
            )
            if cursor.fetchall():
                return
            time.sleep(0.05)
    raise AssertionError("nobody waited")
