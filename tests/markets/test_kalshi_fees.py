"""What Kalshi takes: read from series, once each, and overridden by events."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from apps.markets.domain.kalshi_fees import read_fees
from apps.markets.domain.markets import FeeSchedule
from apps.markets.domain.payloads import PayloadError
from apps.markets.domain.quotes import Seen
from apps.markets.selectors.markets import get_markets
from apps.markets.services.readings import store_readings
from tests.fakes.venue_server import Fault
from tests.markets.make import NOW, make_venue
from tests.markets.venues import kalshi_at

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from apps.markets.domain.markets import MarketReading
    from apps.markets.gateways.kalshi import KalshiGateway
    from tests.fakes.venue_server import FakeVenues

SEEN = Seen(datetime(2026, 11, 24, 12, tzinfo=UTC))
D = Decimal


@pytest.fixture
async def gateway(venues: FakeVenues) -> AsyncIterator[KalshiGateway]:
    made = kalshi_at(venues, read_seconds=0.3)
    yield made
    await made.aclose()


def taken(rate: str, *, taker_only: bool = True) -> FeeSchedule:
    return FeeSchedule(D(rate), taker_only=taker_only, rounds_up_to=D("0.01"))


async def list_fees(gateway: KalshiGateway) -> dict[str, FeeSchedule | None]:
    return {one.external_id: one.fees async for one in gateway.list_markets()}


READ: list[tuple[dict[str, Any], dict[str, Any], FeeSchedule | None]] = [
    ({"fee_type": "quadratic", "fee_multiplier": 1}, {}, taken("0.07")),
    ({"fee_type": "quadratic", "fee_multiplier": D("0.5")}, {}, taken("0.035")),
    ({"fee_type": "quadratic", "fee_multiplier": 0}, {}, taken("0")),
    (
        {"fee_type": "quadratic_with_maker_fees", "fee_multiplier": 1},
        {},
        taken("0.07", taker_only=False),
    ),
    (
        {"fee_type": "quadratic_with_combo_maker_fees", "fee_multiplier": 1},
        {},
        taken("0.07", taker_only=False),
    ),
    ({"fee_type": "flat", "fee_multiplier": 1}, {}, None),
    ({"fee_multiplier": 1}, {}, None),
    (
        {"fee_type": "quadratic", "fee_multiplier": 1},
        {"fee_type_override": None, "fee_multiplier_override": None},
        taken("0.07"),
    ),
    (
        {"fee_type": "flat", "fee_multiplier": 1},
        {"fee_type_override": "quadratic", "fee_multiplier_override": 2},
        taken("0.14"),
    ),
]


@pytest.mark.parametrize(("series", "event", "fees"), READ)
def test_the_event_goes_before_its_series(
    series: dict[str, Any], event: dict[str, Any], fees: FeeSchedule | None
) -> None:
    assert read_fees(series, event, {}, SEEN) == fees


@pytest.mark.parametrize(
    ("until", "fees"),
    [("2026-11-24T12:00:01Z", None), ("2026-11-24T12:00:00Z", taken("0.07"))],
)
def test_while_a_fee_is_waived_nobody_knows_what_is_left_of_it(
    until: str, fees: FeeSchedule | None
) -> None:
    series = {"fee_type": "quadratic", "fee_multiplier": 1}
    market = {"fee_waiver_expiration_time": until}
    assert read_fees(series, {}, market, SEEN) == fees


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "fee_multiplier is missing"),
        ({"fee_multiplier": -1}, "fee_multiplier is -1, which is no multiplier"),
        ({"fee_multiplier": [1]}, "fee_multiplier is not a number"),
        ({"fee_multiplier": 1, "fee_type": 7.5}, "fee_type is not a text"),
    ],
)
def test_fees_that_cannot_be_read_say_why(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(PayloadError, match=message):
        read_fees({"fee_type": "quadratic", **fields}, {}, {}, SEEN)


async def test_each_series_is_asked_for_once_in_a_listing(
    venues: FakeVenues, gateway: KalshiGateway
) -> None:
    for ticker in ("KXA-1-ADA", "KXA-1-BOB", "KXA-2-EVE", "KXB-1-ZOE", "KXC-1-MAX"):
        venues.kalshi.add(ticker)
    venues.kalshi.series = {"KXB": {"fee_multiplier": 0.5}, "KXC": None}
    venues.kalshi.overrides["KXA-2"] = {"fee_multiplier_override": 2}
    assert await list_fees(gateway) == {
        "KXA-1-ADA": taken("0.07"),
        "KXA-1-BOB": taken("0.07"),
        "KXA-2-EVE": taken("0.14"),
        "KXB-1-ZOE": taken("0.035"),
        "KXC-1-MAX": None,
    }
    asked = [one.path for one in venues.requests if "/series/" in one.path]
    assert asked == [f"kalshi/series/{name}" for name in ("KXA", "KXB", "KXC")]


async def test_only_series_of_markets_that_are_wanted_are_asked_for(
    venues: FakeVenues, gateway: KalshiGateway
) -> None:
    for ticker in ("KXA-1-ADA", "KXB-1-BOB"):
        venues.kalshi.add(ticker)
    assert [one.external_id async for one in gateway.list_markets(query="bob")] == [
        "KXB-1-BOB"
    ]
    assert venues.count("kalshi/series") == 1


@pytest.mark.parametrize(
    "fault", [Fault.STATUS, Fault.TRUNCATED, Fault.HTML, Fault.CUT, Fault.SILENCE]
)
async def test_a_listing_goes_on_without_fees_where_series_fail(
    venues: FakeVenues, gateway: KalshiGateway, fault: Fault
) -> None:
    for ticker in ("KXA-1-ADA", "KXB-1-BOB"):
        venues.kalshi.add(ticker)
    venues.break_("kalshi/series", fault)
    assert await list_fees(gateway) == {"KXA-1-ADA": None, "KXB-1-BOB": None}
    assert venues.count("kalshi/series") == 1  # whoever is down is not pressed
    venues.heal()
    assert None not in (await list_fees(gateway)).values()


@pytest.mark.parametrize(
    "told",
    [b"[]", b'{"series": 7}', b'{"series": {"fee_type": "quadratic"}}'],
)
async def test_a_series_of_another_form_costs_its_own_fees_alone(
    venues: FakeVenues, gateway: KalshiGateway, told: bytes
) -> None:
    for ticker in ("KXA-1-ADA", "KXB-1-BOB"):
        venues.kalshi.add(ticker)
    venues.respond["kalshi/series/KXA"] = lambda _: (200, told)
    found = await list_fees(gateway)
    assert found == {"KXA-1-ADA": None, "KXB-1-BOB": taken("0.07")}


@pytest.mark.django_db
def test_what_a_listing_told_of_fees_outlasts_a_fetch_that_tells_none(
    venues: FakeVenues,
) -> None:
    venues.kalshi.add("KXA-1-ADA")
    venue = make_venue("kalshi", kind="kalshi").id
    listed, fetched = asyncio.run(_list_and_fetch(venues))
    stored = store_readings(venue_id=venue, readings=listed, now=NOW)
    store_readings(venue_id=venue, readings=fetched, now=NOW)
    (row,) = get_markets(stored.market_ids.values()).values()
    assert row.fees == taken("0.07")
    assert row.fees.fee(D("0.5"), D(1)) == D("0.02")
    assert [one.fees for one in fetched] == [None]


async def _list_and_fetch(
    venues: FakeVenues,
) -> tuple[list[MarketReading], list[MarketReading]]:
    gateway = kalshi_at(venues)
    listed = [one async for one in gateway.list_markets()]
    batch = await gateway.fetch_markets([one.external_id for one in listed])
    await gateway.aclose()
    return listed, list(batch.readings.values())
