from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from apps.core.errors import UpstreamError
from apps.markets.domain.markets import MarketStatus, QuoteFlag
from tests.fakes.venue_polymarket import make_resolution
from tests.fakes.venue_server import Fault
from tests.markets.venues import polymarket_at

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from apps.markets.domain.markets import MarketReading
    from apps.markets.gateways.polymarket import PolymarketGateway
    from tests.fakes.venue_server import FakeVenues

D = Decimal


@pytest.fixture
async def gateway(venues: FakeVenues) -> AsyncIterator[PolymarketGateway]:
    made = polymarket_at(venues)
    yield made
    await made.aclose()


async def fetch_one(gateway: PolymarketGateway, name: str) -> MarketReading:
    batch = await gateway.fetch_markets([name])
    assert batch.failures == {}
    return batch.readings[name]


async def names(gateway: PolymarketGateway, **how: Any) -> list[str]:
    return [one.question async for one in gateway.list_markets(**how)]


async def test_a_hundred_markets_are_read_in_two_requests(
    venues: FakeVenues, gateway: PolymarketGateway
) -> None:
    venues.polymarket.add_many(120)
    asked = list(venues.polymarket.markets)[:100]
    batch = await gateway.fetch_markets(asked)
    assert (list(batch.readings), batch.failures) == (asked, {})
    assert [one.path for one in venues.requests] == [
        "gamma/markets/keyset",
        "clob/midpoints",
    ]
    assert len(venues.requests[0].all("condition_ids")) == 100
    with pytest.raises(ValueError, match="at most 100 markets at once"):
        await gateway.fetch_markets([*asked, "0x1"])


async def test_closed_markets_are_asked_for_a_second_time(
    venues: FakeVenues, gateway: PolymarketGateway
) -> None:
    first = venues.polymarket.add(1).condition_id
    second = venues.polymarket.add(2, closed=True, prices=("0", "1")).condition_id
    batch = await gateway.fetch_markets([first, second, "0xnone"])
    assert batch.readings[first].status is MarketStatus.OPEN
    assert batch.readings[second].status is MarketStatus.RESOLVED
    assert batch.failures == {"0xnone": "Polymarket knows no market of this id"}
    again = venues.requests[1]
    assert (again.all("closed"), again.all("condition_ids")) == (
        ["true"],
        [second, "0xnone"],
    )


async def test_a_market_that_cannot_be_read_takes_no_other_down(
    venues: FakeVenues, gateway: PolymarketGateway
) -> None:
    good = venues.polymarket.add(1).condition_id
    bad = venues.polymarket.add(2, extra={"outcomes": '["A"]'}).condition_id
    worse = venues.polymarket.add(3, extra={"bestBid": {"cents": 4}}).condition_id
    batch = await gateway.fetch_markets([good, bad, worse])
    assert list(batch.readings) == [good]
    assert batch.failures == {
        bad: "outcomes are 1, not two",
        worse: "bestBid is not a number: {'cents': 4}",
    }


async def test_a_fresh_quote_is_confirmed_by_its_middle(
    venues: FakeVenues, gateway: PolymarketGateway
) -> None:
    name = venues.polymarket.add(1, bid="0.40", ask="0.42").condition_id
    quote = (await fetch_one(gateway, name)).quote
    assert quote is not None
    assert (quote.bid, quote.ask, quote.mid) == (D("0.4"), D("0.42"), D("0.41"))
    assert (quote.source, quote.flags) == ("clob.midpoints", 0)


async def test_a_quote_that_has_moved_since_comes_from_the_book(
    venues: FakeVenues, gateway: PolymarketGateway
) -> None:
    market = venues.polymarket.add(1, bid="0.40", ask="0.42", liquidity=500.0)
    market.encode()
    market.bid, market.ask = "0.50", "0.54"  # Gamma keeps what it has encoded
    quote = (await fetch_one(gateway, market.condition_id)).quote
    assert quote is not None
    assert (quote.bid, quote.ask, quote.mid) == (D("0.5"), D("0.54"), D("0.52"))
    assert (quote.source, quote.liquidity) == ("clob.books", D(500))


async def test_a_quote_out_of_the_cache_comes_from_the_book(
    venues: FakeVenues, gateway: PolymarketGateway
) -> None:
    venues.age = 219
    name = venues.polymarket.add(1).condition_id
    quote = (await fetch_one(gateway, name)).quote
    assert quote is not None
    assert (quote.source, quote.age_seconds, quote.flags) == ("clob.books", 0, 0)
    assert [one.path for one in venues.requests] == [
        "gamma/markets/keyset",
        "clob/books",
    ]


async def test_a_market_without_a_bid_has_no_price(
    venues: FakeVenues, gateway: PolymarketGateway
) -> None:
    name = venues.polymarket.add(1, bid=None, ask="0.61").condition_id
    quote = (await fetch_one(gateway, name)).quote
    assert quote is not None
    assert (quote.bid, quote.ask, quote.mid) == (None, D("0.61"), None)
    assert (quote.source, quote.flags) == ("clob.books", QuoteFlag.ONE_SIDED)


@pytest.mark.parametrize("fault", [Fault.STATUS, Fault.WRONG_TYPES, Fault.HTML])
@pytest.mark.parametrize(("age", "flags"), [(0, 0), (90, QuoteFlag.CACHED)])
async def test_gammas_quote_stays_where_the_order_book_fails(
    venues: FakeVenues, gateway: PolymarketGateway, fault: Fault, age: int, flags: int
) -> None:
    venues.age = age
    name = venues.polymarket.add(1).condition_id
    venues.break_("clob", fault)
    quote = (await fetch_one(gateway, name)).quote
    assert quote is not None
    assert (quote.source, quote.flags) == ("gamma", flags)


@pytest.mark.parametrize(
    "told",
    [b"[7]", b'[{"asset_id": []}]', b'[{"asset_id": "TOKEN", "bids": [7]}]'],
)
async def test_a_book_that_cannot_be_read_leaves_gammas_quote(
    venues: FakeVenues, gateway: PolymarketGateway, told: bytes
) -> None:
    venues.age = 90
    market = venues.polymarket.add(1)
    book = told.replace(b"TOKEN", market.tokens[0].encode())
    venues.respond["clob/books"] = lambda _: (200, book)
    quote = (await fetch_one(gateway, market.condition_id)).quote
    assert quote is not None
    assert quote.source == "gamma"


PAGES = [
    (b"7", "the answer is not an object: 7"),
    (b'{"markets": [7]}', "one of markets is not an object: 7"),
    (b'{"markets": [], "next_cursor": []}', "next_cursor is not a text: []"),
]


@pytest.mark.parametrize(("told", "message"), PAGES)
async def test_a_page_of_another_form_is_refused(
    venues: FakeVenues, gateway: PolymarketGateway, told: bytes, message: str
) -> None:
    venues.respond["gamma/markets/keyset"] = lambda _: (200, told)
    with pytest.raises(UpstreamError) as caught:
        await gateway.fetch_markets(["0x1"])
    assert str(caught.value) == f"Polymarket Gamma: GET /markets/keyset: {message}"
    assert not caught.value.retryable


@pytest.mark.parametrize(
    ("told", "message"),
    [
        (b'{"events": {}}', ": events is not a list: {}"),
        (b'{"events": [{"markets": 7}]}', ": markets is not a list: 7"),
        (b'{"events": [{}], "pagination": 7}', ": pagination is not an object: 7"),
    ],
)
async def test_a_search_of_another_form_is_refused(
    venues: FakeVenues, gateway: PolymarketGateway, told: bytes, message: str
) -> None:
    venues.respond["gamma/public-search"] = lambda _: (200, told)
    with pytest.raises(UpstreamError, match=message):
        await names(gateway, query="rain")


async def test_what_was_not_asked_for_is_ignored(
    venues: FakeVenues, gateway: PolymarketGateway
) -> None:
    venues.polymarket.add_many(3)
    _, page = venues.polymarket.page([])
    venues.respond["gamma/markets/keyset"] = lambda _: (200, page)
    batch = await gateway.fetch_markets(["0xother"])
    assert (batch.readings, list(batch.failures)) == ({}, ["0xother"])


async def test_a_market_that_the_order_book_does_not_know_yet_keeps_gammas_quote(
    venues: FakeVenues, gateway: PolymarketGateway
) -> None:
    name = venues.polymarket.add(1, in_clob=False).condition_id
    quote = (await fetch_one(gateway, name)).quote
    assert quote is not None
    assert quote.source == "gamma"


ENDS: list[tuple[dict[str, Any], str, str | None, str | None]] = [
    ({"prices": ("0", "0"), "winners": (True, False)}, "resolved", "1", "clob.winner"),
    (
        {"prices": ("0", "0"), "winners": (True, True)},
        "void",
        "0.5",
        "clob.both_winners",
    ),
    ({"prices": ("0", "0")}, "closed", None, None),
    (
        {"prices": ("0.6", "0.4")},
        "void",
        "0.6",
        "gamma.fractional_prices",
    ),
    (
        {"prices": ("0.6", "0.4"), "winners": (False, True)},
        "resolved",
        "0",
        "clob.winner",
    ),
    (
        {"prices": ("0", "0"), "in_clob": False, "resolution": ("resolved", "0")},
        "resolved",
        "0",
        "data.resolution",
    ),
    ({"prices": ("0", "0"), "resolution": ("resolved", "69")}, "closed", None, None),
    (
        {"prices": ("0", "0"), "resolution": ("resolved", "1000000")},
        "resolved",
        "1",
        "data.resolution",
    ),
    (
        {"prices": ("0", "0"), "resolution": ("resolved", "2000000")},
        "closed",
        None,
        None,
    ),
    ({"prices": ("0.6", "0.4"), "resolution": ("posed", "69")}, "proposed", None, None),
    (
        {"prices": ("0.6", "0.4"), "resolution": ("challenged", "69")},
        "disputed",
        None,
        None,
    ),
    (
        {"prices": ("1", "0"), "uma": "disputed", "winners": (True, False)},
        "disputed",
        None,
        None,
    ),
]


@pytest.mark.parametrize(("fields", "status", "payout", "rule"), ENDS)
async def test_how_a_closed_market_ended(
    venues: FakeVenues,
    gateway: PolymarketGateway,
    fields: dict[str, Any],
    status: str,
    payout: str | None,
    rule: str | None,
) -> None:
    fields = dict(fields)
    told = fields.pop("resolution", None)
    market = venues.polymarket.add(1, closed=True, **fields)
    if told:
        market.resolution = make_resolution(market.condition_id, told[0], price=told[1])
    read = await fetch_one(gateway, market.condition_id)
    settled = read.settlement
    assert read.status.value == status
    assert (settled.payout if settled else None) == (payout and D(payout))
    assert (settled.rule if settled else None) == rule


async def test_while_nobody_can_be_asked_about_an_end_there_is_none(
    venues: FakeVenues, gateway: PolymarketGateway
) -> None:
    name = venues.polymarket.add(1, closed=True, prices=("0.6", "0.4")).condition_id
    venues.break_("clob", Fault.STATUS)
    venues.break_("data", Fault.STATUS)
    read = await fetch_one(gateway, name)
    assert (read.status, read.settlement) == (MarketStatus.CLOSED, None)
    venues.heal()
    assert (await fetch_one(gateway, name)).status is MarketStatus.VOID


async def test_where_gamma_is_sure_nobody_else_is_asked(
    venues: FakeVenues, gateway: PolymarketGateway
) -> None:
    name = venues.polymarket.add(1, closed=True, prices=("1", "0")).condition_id
    assert (await fetch_one(gateway, name)).status is MarketStatus.RESOLVED
    asked = [one.path for one in venues.requests]
    assert asked == ["gamma/markets/keyset"] * 2


async def test_resolutions_are_asked_for_by_the_twenty(
    venues: FakeVenues, gateway: PolymarketGateway
) -> None:
    venues.polymarket.add_many(45)
    for name in venues.polymarket.markets:
        venues.polymarket.change(name, closed=True, prices=("0", "0"))
    await gateway.fetch_markets(list(venues.polymarket.markets))
    sizes = [
        len(one.all("condition")[0].split(","))
        for one in venues.requests
        if one.path == "data/v2/resolutions"
    ]
    assert sizes == [20, 20, 5]


async def test_open_markets_are_listed_page_after_page(
    venues: FakeVenues, gateway: PolymarketGateway
) -> None:
    venues.polymarket.add_many(230)
    venues.polymarket.add(900, closed=True)
    venues.polymarket.add(901, uma="proposed")
    listed = await names(gateway)
    # The most liquid first.
    assert listed == [f"Will thing {number} happen?" for number in range(230, 0, -1)]
    assert [one.all("after_cursor") for one in venues.requests] == [
        [],
        ["100"],
        ["200"],
    ]


async def test_a_listing_ends_at_its_limit(
    venues: FakeVenues, gateway: PolymarketGateway
) -> None:
    venues.polymarket.add_many(230)
    assert len(await names(gateway, limit=100)) == 100
    assert venues.count("gamma") == 1


async def test_a_query_finds_markets_with_their_events(
    venues: FakeVenues, gateway: PolymarketGateway
) -> None:
    for number in range(1, 62):
        venues.polymarket.add(number, question=f"Will it rain on day {number}?")
    venues.polymarket.add(99, question="Will it snow?")
    listed = [one async for one in gateway.list_markets(query="rain")]
    assert len(listed) == 61
    assert (listed[60].event_id, listed[60].event_title) == ("700061", "Event 61")
    assert [one.all("page") for one in venues.requests] == [["1"], ["2"]]


async def test_a_listing_leaves_out_what_cannot_be_read(
    venues: FakeVenues, gateway: PolymarketGateway
) -> None:
    venues.polymarket.add(1)
    venues.polymarket.add(2, extra={"outcomes": '["A", "B", "C"]'})
    assert await names(gateway) == ["Will thing 1 happen?"]


async def test_a_page_that_repeats_itself_is_no_endless_listing(
    venues: FakeVenues, gateway: PolymarketGateway
) -> None:
    venues.polymarket.add_many(150)
    ask = venues.polymarket.page
    repeating = lambda asked: ask([pair for pair in asked if pair[0] != "after_cursor"])  # noqa: E731
    venues.respond["gamma/markets/keyset"] = repeating
    with pytest.raises(UpstreamError, match="the page repeats itself") as caught:
        await names(gateway)
    assert not caught.value.retryable
