from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from apps.core.errors import UpstreamError
from apps.markets.domain.kalshi import read_market
from apps.markets.domain.markets import QuoteFlag
from apps.markets.domain.payloads import PayloadError
from apps.markets.domain.quotes import Seen
from tests.fakes.venue_others import FakeKalshi
from tests.fakes.venue_server import Fault
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
    made = kalshi_at(venues)
    yield made
    await made.aclose()


def kalshi(**fields: Any) -> dict[str, Any]:
    fake = FakeKalshi()
    fake.add("KXNEXT-27-ADA", **fields)
    return fake.markets["KXNEXT-27-ADA"]


def read(**fields: Any) -> MarketReading:
    return read_market(kalshi(**fields), SEEN)


def test_a_market_is_read_in_dollars() -> None:
    found = read()
    assert found.question == "Who will be next? – Ada"
    assert (found.event_id, found.event_title, found.group_id) == ("KXNEXT-27", "", "")
    assert found.ends_at == datetime(2027, 7, 1, 15, tzinfo=UTC)
    assert (found.tick_size, found.volume) == (D("0.01"), D("10160.15"))
    assert found.url == "https://kalshi.com/markets/kxnext"
    assert found.quote is not None
    assert (found.quote.bid, found.quote.ask) == (D("0.59"), D("0.61"))
    assert (found.quote.mid, found.quote.last) == (D("0.6"), D("0.6"))
    assert (found.quote.source, found.quote.flags) == ("kalshi", 0)


def test_cents_of_older_answers_are_read_exactly() -> None:
    told = {key: v for key, v in kalshi().items() if not key.endswith("_dollars")}
    quote = read_market(told | {"yes_bid": 28, "yes_ask": 29}, SEEN).quote
    assert quote is not None
    assert (quote.bid, quote.ask) == (D("0.28"), D("0.29"))


def test_nobody_who_buys_is_a_bid_of_nothing() -> None:
    quote = read(yes_bid_dollars="0.0000", yes_ask_dollars="0.0100").quote
    assert quote is not None
    assert (quote.bid, quote.mid, quote.flags) == (None, None, QuoteFlag.ONE_SIDED)


def test_trading_after_the_expected_end_is_flagged() -> None:
    quote = read(expected_expiration_time="2026-11-23T15:00:00Z").quote
    assert quote is not None
    assert quote.flags == QuoteFlag.PAST_END_DATE


STATUSES = [
    ("initialized", "open", QuoteFlag.CLOSED),
    ("active", "open", QuoteFlag(0)),
    ("inactive", "open", QuoteFlag.CLOSED),
    ("closed", "closed", QuoteFlag.CLOSED),
    ("determined", "proposed", QuoteFlag.CLOSED),
    ("amended", "proposed", QuoteFlag.CLOSED),
    ("disputed", "disputed", QuoteFlag.CLOSED),
]


@pytest.mark.parametrize(("word", "status", "flags"), STATUSES)
def test_before_it_is_finalized_a_market_has_no_settlement(
    word: str, status: str, flags: QuoteFlag
) -> None:
    found = read(status=word, result="yes")
    assert (found.status.value, found.settlement) == (status, None)
    assert found.quote is not None
    assert found.quote.flags == flags


ENDS: list[tuple[dict[str, Any], str, Decimal | None]] = [
    ({"result": "yes"}, "resolved", D(1)),
    ({"result": "no"}, "resolved", D(0)),
    ({"result": "no", "is_provisional": True}, "closed", None),
    ({"result": ""}, "closed", None),
    ({"result": "scalar", "settlement_value_dollars": "0.3500"}, "void", D("0.35")),
    ({"result": "void"}, "void", None),
]


@pytest.mark.parametrize(("fields", "status", "payout"), ENDS)
def test_a_finalized_market_ends_by_its_result(
    fields: dict[str, Any], status: str, payout: Decimal | None
) -> None:
    found = read(status="finalized", settlement_ts="2026-11-20T10:00:00Z", **fields)
    assert found.status.value == status
    assert (found.settlement.payout if found.settlement else None) == payout
    if found.settlement:
        assert found.settlement.settled_at == datetime(2026, 11, 20, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"market_type": "scalar"},
            "market_type is 'scalar', which has not two outcomes",
        ),
        ({"status": "paused"}, "status is 'paused', which is none that we know"),
        ({"yes_bid_dollars": "5900"}, "yes_bid_dollars is not between 0 and 1: '5900'"),
    ],
)
def test_a_market_that_cannot_be_read_says_why(
    fields: dict[str, Any], message: str
) -> None:
    with pytest.raises(PayloadError, match=message):
        read(**fields)


async def test_markets_are_fetched_by_ticker_and_then_from_history(
    venues: FakeVenues, gateway: KalshiGateway
) -> None:
    venues.kalshi.add("KXA-1")
    venues.kalshi.add("KXB-1", market_type="scalar")
    venues.kalshi.add("KXC-1", status="finalized", result="yes")
    venues.kalshi.historical.add("KXC-1")
    batch = await gateway.fetch_markets(["KXA-1", "KXB-1", "KXC-1", "KXD-1"])
    assert list(batch.readings) == ["KXA-1", "KXC-1"]
    assert batch.failures == {
        "KXB-1": "market_type is 'scalar', which has not two outcomes",
        "KXD-1": "Kalshi knows no market of this ticker",
    }
    assert [one.all("tickers") for one in venues.requests] == [
        ["KXA-1,KXB-1,KXC-1,KXD-1"],
        ["KXC-1,KXD-1"],
    ]
    with pytest.raises(ValueError, match="at most 100 markets at once"):
        await gateway.fetch_markets(["KXA-1"] * 101)


async def test_a_history_that_is_not_there_takes_no_market_down(
    venues: FakeVenues, gateway: KalshiGateway
) -> None:
    venues.kalshi.add("KXA-1")
    where = "Kalshi: GET /historical/markets"
    for fault, status, reason in (
        (Fault.STATUS, 404, "Kalshi knows no market of this ticker"),
        (Fault.STATUS, 400, f'{where} answered 400: {{"error": "try again"}}'),
        (Fault.STATUS, 500, f'{where} answered 500: {{"error": "try again"}}'),
        (Fault.WRONG_TYPES, 200, f"{where}: markets is not a list"),
    ):
        venues.break_("kalshi/historical", fault, times=1, status=status)
        batch = await gateway.fetch_markets(["KXA-1", "KXD-1"])
        assert list(batch.readings) == ["KXA-1"]
        assert batch.failures == {"KXD-1": reason}


async def test_open_markets_are_listed_with_their_events(
    venues: FakeVenues, gateway: KalshiGateway
) -> None:
    for ticker in ("KXA-ADA", "KXA-BOB", "KXB-EVE", "KXC-ZOE", "KXD-MAX"):
        venues.kalshi.add(ticker)
    listed = [one async for one in gateway.list_markets()]
    assert len(listed) == 5
    assert listed[0].event_title == "Who will be next? – Before 2028"
    assert [one.group_id for one in listed] == ["KXA", "KXA", "KXB", "KXC", "KXD"]
    pages = [one for one in venues.requests if one.path == "kalshi/events"]
    assert [one.all("cursor") for one in pages] == [[], ["2"]]
    some = [one.external_id async for one in gateway.list_markets(query="2028 bob")]
    assert some == ["KXA-BOB"]
    first = [one.external_id async for one in gateway.list_markets(limit=1)]
    assert first == ["KXA-ADA"]


async def test_questions_that_can_all_come_true_are_no_group(
    venues: FakeVenues, gateway: KalshiGateway
) -> None:
    venues.kalshi.exclusive = False
    venues.kalshi.add("KXA-ADA")
    assert [one.group_id async for one in gateway.list_markets()] == [""]


async def test_a_failure_of_kalshi_is_one_line(
    venues: FakeVenues, gateway: KalshiGateway
) -> None:
    venues.break_("kalshi", Fault.STATUS, status=429, headers={"retry-after": "3"})
    with pytest.raises(
        UpstreamError, match=r"^Kalshi: GET /markets answered 429"
    ) as caught:
        await gateway.fetch_markets(["KXA-1"])
    assert caught.value.retry_after_seconds == 3
    venues.heal()
    venues.break_("kalshi", Fault.WRONG_TYPES)
    with pytest.raises(UpstreamError, match="GET /events: events is not a list"):
        [one async for one in gateway.list_markets()]
