"""Manifold and Kalshi that fail: as a whole, in one line, and for that market alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from apps.core.backoff import RetryPolicy
from apps.core.errors import UpstreamError
from apps.markets.models import Quote
from apps.markets.pipelines.fetching import Pace
from apps.markets.pipelines.refresh import refresh_markets
from apps.markets.selectors.venues import get_venue
from tests.fakes.venue_server import Fault
from tests.markets.make import NOW, make_market, make_venue
from tests.markets.venues import kalshi_at, manifold_at

if TYPE_CHECKING:
    from apps.markets.gateways.base import VenueGateway
    from apps.markets.models import Market
    from apps.markets.pipelines.refresh import Refreshed
    from tests.fakes.venue_server import FakeVenues

NOT_JSON = ": answered application/json that is not JSON"
# What goes wrong, what is said of it, and whether to try again.
FAULTS: list[tuple[Fault, dict[str, Any], str, bool]] = [
    (Fault.STATUS, {"status": 429}, ' answered 429: {"error": "try again"}', True),
    (Fault.STATUS, {"status": 500}, ' answered 500: {"error": "try again"}', True),
    (Fault.STATUS, {"status": 400}, ' answered 400: {"error": "try again"}', False),
    (Fault.TRUNCATED, {}, NOT_JSON, True),
    (Fault.CUT, {}, ": the connection failed: ", True),
    (Fault.HTML, {}, ": answered text/html that is not JSON", True),
    (Fault.REDIRECT, {}, ": redirects in circles", False),
    (Fault.SILENCE, {}, ": no answer in time", True),
]
# What is asked of each when markets are listed, and when they are fetched.
LISTING = {"kalshi": "Kalshi: GET /events", "manifold": "Manifold: GET /search-markets"}
FETCHING = {"kalshi": "Kalshi: GET /markets", "manifold": "Manifold: GET /market/rain"}
NAMES = {"kalshi": "KXA-1", "manifold": "rain"}
VENUES = sorted(NAMES)


def open_at(venues: FakeVenues, venue: str) -> VenueGateway:
    """Return a gateway to a venue that has one market and little patience."""
    venues.kalshi.add("KXA-1")
    venues.manifold.add("rain")
    make = kalshi_at if venue == "kalshi" else manifold_at
    return make(venues, read_seconds=0.3)


async def list_all(gateway: VenueGateway) -> list[str]:
    return [one.external_id async for one in gateway.list_markets()]


@pytest.mark.parametrize("venue", VENUES)
@pytest.mark.parametrize(("fault", "how", "message", "retryable"), FAULTS)
async def test_a_listing_that_fails_says_what_and_whether_to_try_again(
    venues: FakeVenues,
    venue: str,
    fault: Fault,
    how: dict[str, Any],
    message: str,
    *,
    retryable: bool,
) -> None:
    gateway = open_at(venues, venue)
    venues.break_(venue, fault, **how)
    with pytest.raises(UpstreamError) as caught:
        await list_all(gateway)
    assert str(caught.value).startswith(LISTING[venue] + message)
    assert caught.value.retryable is retryable
    venues.heal()
    assert await list_all(gateway) == [NAMES[venue]]
    await gateway.aclose()


@pytest.mark.parametrize("venue", VENUES)
@pytest.mark.parametrize(
    ("fault", "how", "message"), [one[:3] for one in FAULTS if one[3]]
)
async def test_markets_that_cannot_be_fetched_now_can_be_later(
    venues: FakeVenues, venue: str, fault: Fault, how: dict[str, Any], message: str
) -> None:
    gateway = open_at(venues, venue)
    venues.break_(venue, fault, **how)
    with pytest.raises(UpstreamError) as caught:
        await gateway.fetch_markets([NAMES[venue]])
    assert str(caught.value).startswith(FETCHING[venue] + message)
    assert caught.value.retryable
    venues.heal()
    batch = await gateway.fetch_markets([NAMES[venue]])
    assert (list(batch.readings), batch.failures) == ([NAMES[venue]], {})
    await gateway.aclose()


WRONG: list[tuple[str, str, bytes, str]] = [
    ("kalshi", "markets", b"[]", "the answer is not an object: []"),
    ("kalshi", "markets", b'{"markets": {}}', "markets is not a list"),
    ("kalshi", "markets", b'{"markets": [7]}', "an entry is not an object: 7"),
    ("kalshi", "markets", b'{"markets": [{"ticker": []}]}', "ticker is not a text"),
    ("kalshi", "events", b'{"events": 7}', "events is not a list"),
    ("kalshi", "events", b'{"events": [7]}', "an event is not an object: 7"),
    ("kalshi", "events", b'{"events": [{"markets": 7}]}', "markets is not a list: 7"),
    ("kalshi", "events", b'{"events": [], "cursor": []}', "cursor is not a text"),
    ("manifold", "search-markets", b"{}", "the answer is not a list"),
    ("manifold", "search-markets", b"[7]", "an entry is not an object: 7"),
]


@pytest.mark.parametrize(("venue", "path", "told", "message"), WRONG)
async def test_an_answer_of_another_form_is_not_asked_for_again(
    venues: FakeVenues, venue: str, path: str, told: bytes, message: str
) -> None:
    gateway = open_at(venues, venue)
    venues.respond[f"{venue}/{path}"] = lambda _: (200, told)
    with pytest.raises(UpstreamError) as caught:
        await (
            gateway.fetch_markets(["KXA-1"]) if path == "markets" else list_all(gateway)
        )
    assert f"GET /{path}: {message}" in str(caught.value)
    assert not caught.value.retryable
    await gateway.aclose()


# Through the pipeline, with what is stored.


def make_at(venues: FakeVenues, venue: str) -> Market:
    venues.kalshi.add("KXA-1")
    venues.manifold.add("rain")
    row = make_venue(venue, kind=venue, addresses={venue: venues.url(venue)})
    return make_market(NAMES[venue], None, venue=row)


def refresh(market: Market) -> Refreshed:
    policy = RetryPolicy(base_seconds=0.0, cap_seconds=0.0, max_retries=2)
    return refresh_markets([market.id], clock=lambda: NOW, pace=Pace(policy=policy))


@pytest.mark.django_db
@pytest.mark.parametrize("venue", VENUES)
@pytest.mark.parametrize(
    ("fault", "how"),
    [(one[0], one[1]) for one in FAULTS if one[3] and one[0] is not Fault.SILENCE],
)
def test_a_fault_that_passes_costs_no_market(
    venues: FakeVenues, venue: str, fault: Fault, how: dict[str, Any]
) -> None:
    market = make_at(venues, venue)
    venues.break_(venue, fault, times=2, **how)
    result = refresh(market)
    assert (set(result.rows), result.failures) == ({market.id}, {})
    assert Quote.objects.count() == 1
    assert get_venue(venue).failure == ""


@pytest.mark.django_db
@pytest.mark.parametrize("venue", VENUES)
def test_a_venue_that_stays_down_fails_its_markets_and_is_on_record(
    venues: FakeVenues, venue: str
) -> None:
    market = make_at(venues, venue)
    venues.break_(venue, Fault.STATUS, status=503)
    result = refresh(market)
    said = FETCHING[venue] + ' answered 503: {"error": "try again"}'
    assert (result.rows, result.failures) == ({}, {market.id: said})
    assert venues.count(venue) == 3
    assert not Quote.objects.exists()
    assert get_venue(venue).failure == said
