from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from apps.core.backoff import RetryPolicy
from apps.markets.domain.markets import QuoteFlag
from apps.markets.domain.payloads import PayloadError
from apps.markets.domain.polymarket_stream import (
    QuoteHint,
    ResolutionHint,
    StreamReader,
    TickHint,
)
from apps.markets.gateways.polymarket_stream import PolymarketStream
from tests.markets.real import read_recorded
from tests.markets.venues import frame

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from apps.markets.domain.polymarket_stream import Hint
    from tests.fakes.venue_server import FakeVenues

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
AT = datetime(2023, 12, 29, 18, 40, tzinfo=UTC)
D = Decimal
QUICK = RetryPolicy(base_seconds=0.01, cap_seconds=0.02)


def read(*events: dict[str, Any]) -> list[Hint]:
    reader = StreamReader()
    return [hint for one in events for hint in reader.read(frame(one), now=NOW)]


def event(kind: str, **fields: Any) -> dict[str, Any]:
    return {
        "event_type": kind,
        "asset_id": "111",
        "timestamp": "1703875200000",
        **fields,
    }


def sides(hint: Hint) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
    assert isinstance(hint, QuoteHint)
    return hint.quote.bid, hint.quote.ask, hint.quote.last


def test_a_book_gives_its_best() -> None:
    (hint,) = read(
        event(
            "book",
            bids=[{"price": "0.48"}, {"price": "0.50"}],
            asks=[{"price": "0.53"}, {"price": "0.51"}],
        )
    )
    assert sides(hint) == (D("0.5"), D("0.51"), None)
    assert isinstance(hint, QuoteHint)
    assert (hint.quote.mid, hint.quote.observed_at) == (D("0.505"), NOW)
    assert (hint.token_id, hint.quote.source) == ("111", "clob.stream")


def test_a_quote_is_made_of_the_newest_sides_and_the_newest_trade() -> None:
    hints = read(
        event("best_bid_ask", best_bid="0.73", best_ask="0.77"),
        event("last_trade_price", price="0.76"),
        event(
            "price_change",
            price_changes=[{"asset_id": "111", "best_bid": "0.74", "best_ask": "0.77"}],
        ),
    )
    assert [sides(one) for one in hints] == [
        (D("0.73"), D("0.77"), None),
        (D("0.73"), D("0.77"), D("0.76")),
        (D("0.74"), D("0.77"), D("0.76")),
    ]


def test_a_side_that_empties_leaves_no_price() -> None:
    (hint,) = read(event("best_bid_ask", best_bid="0", best_ask="0.77"))
    assert isinstance(hint, QuoteHint)
    assert (hint.quote.mid, hint.quote.flags) == (None, QuoteFlag.ONE_SIDED)


def test_a_change_that_tells_no_sides_says_nothing() -> None:
    change = {"asset_id": "111", "price": "0.5", "size": "0"}
    assert read(event("price_change", price_changes=[change])) == []


def test_a_resolution_is_a_hint_to_ask() -> None:
    told = event(
        "market_resolved",
        market="0xabc",
        assets_ids=["111", "222"],
        winning_asset_id="111",
    )
    assert read(told) == [ResolutionHint("0xabc", ("111", "222"), "111", AT)]


def test_steps_of_price_and_unknown_events_are_told_apart() -> None:
    assert read(
        event("tick_size_change", new_tick_size="0.001"), event("new_market")
    ) == [TickHint("111", D("0.001"))]


def test_a_frame_may_be_an_array() -> None:
    told = f"[{frame(event('last_trade_price', price='0.5'))}]"
    assert [sides(one) for one in StreamReader().read(told, now=NOW)] == [
        (None, None, D("0.5"))
    ]


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ("INVALID OPERATION", "the frame is not JSON"),
        ("[1]", "an event is not an object: 1"),
        ('{"event_type": "book", "bids": []}', "asset_id is missing"),
        (
            '{"event_type": "last_trade_price", "asset_id": "1", "price": []}',
            "price is not a number",
        ),
    ],
)
def test_a_frame_that_cannot_be_read_says_why(told: str, message: str) -> None:
    with pytest.raises(PayloadError, match=message):
        StreamReader().read(told, now=NOW)


RECORDED: list[tuple[str, type]] = [
    ("book", QuoteHint),
    ("price_change", QuoteHint),
    ("best_bid_ask", QuoteHint),
    ("last_trade", QuoteHint),
    ("tick_size", TickHint),
    ("resolved", ResolutionHint),
]


@pytest.mark.parametrize(("name", "kind"), RECORDED)
def test_recorded_frames_are_read(name: str, kind: type) -> None:
    told = read_recorded(f"gamma/nautilus/ws_market_{name}_msg.json")
    assert [type(one) for one in read(told)] == [kind]


# Over a socket.


def stream_at(venues: FakeVenues, **how: Any) -> PolymarketStream:
    return PolymarketStream(
        url=venues.stream_url, policy=QUICK, clock=lambda: NOW, **how
    )


async def take(hints: AsyncIterator[Hint], count: int) -> list[Hint]:
    async with asyncio.timeout(10):
        return [await anext(hints) for _ in range(count)]


async def test_following_begins_with_the_books(venues: FakeVenues) -> None:
    first = venues.polymarket.add(1, bid="0.40", ask="0.42").tokens[0]
    hints = stream_at(venues).follow([first])
    (book,) = await take(hints, 1)
    assert sides(book) == (D("0.4"), D("0.42"), D("0.6"))
    # Without the flag, nobody is told that a market was resolved.
    assert venues.stream.asked == [
        {"assets_ids": [first], "type": "market", "custom_feature_enabled": True}
    ]
    other = event("best_bid_ask", asset_id="999", best_bid="0.1", best_ask="0.2")
    own = event("best_bid_ask", asset_id=first, best_bid="0.3", best_ask="0.5")
    venues.stream.push([other, own])
    assert [sides(one) for one in await take(hints, 1)] == [
        (D("0.3"), D("0.5"), D("0.6"))
    ]
    await hints.aclose()


async def test_a_connection_that_breaks_is_made_again_and_subscribes_again(
    venues: FakeVenues,
) -> None:
    market = venues.polymarket.add(1, bid="0.40", ask="0.42")
    hints = stream_at(venues).follow([market.tokens[0]])
    await take(hints, 1)
    venues.polymarket.change(market.condition_id, bid="0.50", ask="0.52")
    venues.stream.drop()
    (book,) = await take(hints, 1)
    assert sides(book)[:2] == (D("0.5"), D("0.52"))
    assert venues.stream.subscriptions == [[market.tokens[0]]] * 2
    await hints.aclose()


async def test_a_connection_without_a_sound_is_given_up(venues: FakeVenues) -> None:
    first = venues.polymarket.add(1).tokens[0]
    venues.stream.is_mute = True
    hints = stream_at(venues, ping_seconds=0.05, silence_seconds=0.2).follow([first])
    taking = asyncio.create_task(take(hints, 1))
    for _ in range(2):
        await asyncio.to_thread(venues.stream.subscribed.acquire, timeout=10)
    venues.stream.push(event("last_trade_price", asset_id=first, price="0.33"))
    assert sides((await taking)[0])[2] == D("0.33")
    assert venues.stream.pings > 0
    await hints.aclose()


async def test_pongs_keep_a_quiet_connection(venues: FakeVenues) -> None:
    first = venues.polymarket.add(1).tokens[0]
    hints = stream_at(venues, ping_seconds=0.05, silence_seconds=0.3).follow([first])
    await take(hints, 1)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.8):
            await anext(hints)
    assert len(venues.stream.subscriptions) == 1
    assert venues.stream.pings > 5


async def test_an_address_that_refuses_is_tried_until_it_does_not(
    venues: FakeVenues,
) -> None:
    first = venues.polymarket.add(1).tokens[0]
    venues.stream.refuses = True
    hints = stream_at(venues).follow([first])
    taking = asyncio.create_task(take(hints, 1))
    await asyncio.sleep(0.2)
    assert not taking.done()
    venues.stream.refuses = False
    assert len(await taking) == 1
    await hints.aclose()


async def test_a_frame_that_cannot_be_read_breaks_nothing(venues: FakeVenues) -> None:
    first = venues.polymarket.add(1).tokens[0]
    hints = stream_at(venues).follow([first])
    await take(hints, 1)
    venues.stream.push("INVALID OPERATION")
    venues.stream.push(
        event("last_trade_price", asset_id=first, price="0.33"), as_array=True
    )
    (trade,) = await take(hints, 1)
    assert sides(trade)[2] == D("0.33")
    assert len(venues.stream.subscriptions) == 1
    await hints.aclose()


async def test_five_hundred_tokens_share_a_connection(venues: FakeVenues) -> None:
    venues.polymarket.add_many(501)
    tokens = [market.tokens[0] for market in venues.polymarket.markets.values()]
    hints = stream_at(venues).follow(tokens)
    found = await take(hints, 501)
    assert {one.token_id for one in found if isinstance(one, QuoteHint)} == set(tokens)
    assert sorted(len(one) for one in venues.stream.subscriptions) == [1, 500]
    await hints.aclose()
