"""Following watched markets over a socket, between the hours."""

from __future__ import annotations

import os
import signal
import threading
import time
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import CommandError, call_command

from apps.core.heartbeats import Kind, read_heartbeats
from apps.markets.domain.markets import QuoteFlag, VenueKind
from apps.markets.gateways.answers import read_clock
from apps.markets.models import Market, Quote, Settlement
from apps.markets.pipelines.following import Followed, follow_markets, keep_following
from apps.markets.selectors.overdue import list_overdue
from tests.markets.make import make_market, make_venue

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from uuid import UUID

    from pytest_django.fixtures import Settings

    from tests.fakes.venue_polymarket import FakeMarket
    from tests.fakes.venue_server import FakeVenues

pytestmark = pytest.mark.django_db
D = Decimal


def list_at(venues: FakeVenues, fake: FakeMarket, **fields: Any) -> Market:
    """Make our row of a market of the fake."""
    return make_market(
        fake.condition_id,
        price=None,
        venue=make_venue(addresses=venues.addresses()),
        token_ids=list(fake.tokens),
        **fields,
    )


def follow(
    venues: FakeVenues, act: Callable[[], None] | None = None, pause: float = 0.4
) -> Followed:
    """Follow everything for a second; `act` is done once the socket has subscribed."""

    def do() -> None:
        if act and venues.stream.subscribed.acquire(timeout=5):
            act()

    acting = threading.Thread(target=do)
    acting.start()
    followed = follow_markets(
        seconds=1.0,
        pause_seconds=pause,
        clock=read_clock,
        watch=lambda: [market.id for market in Market.objects.all()],
    )
    acting.join()
    return followed


def test_a_quote_is_stored_between_the_hours(venues: FakeVenues) -> None:
    fake = venues.polymarket.add(1, bid="0.40", ask="0.44")
    market = list_at(venues, fake, slug="rain")
    assert follow(venues) == Followed(markets=1, quotes=1)
    market.refresh_from_db()
    assert (market.bid, market.ask, market.mid) == (D("0.40"), D("0.44"), D("0.42"))
    assert (market.last, market.slug) == (D("0.6"), "rain")
    assert market.token_ids == list(fake.tokens)
    assert [one.source for one in Quote.objects.all()] == ["clob.stream"]


def test_a_market_that_moves_falls_due_as_if_nobody_followed_it(
    venues: FakeVenues,
) -> None:
    fake = venues.polymarket.add(1, bid="0.40", ask="0.44")
    asked_at = read_clock() - timedelta(days=2)
    market = list_at(venues, fake)
    Market.objects.update(synced_at=asked_at)
    assert follow(venues).quotes == 1
    assert Market.objects.get().synced_at == asked_at
    assert list_overdue(now=read_clock(), limit=5) == [market.id]


def test_a_market_that_does_not_move_gets_no_quotes(venues: FakeVenues) -> None:
    fake = venues.polymarket.add(1, bid="0.40", ask="0.44")
    list_at(venues, fake)
    follow(venues)
    assert follow(venues) == Followed(markets=1)
    assert Quote.objects.count() == 1


def test_a_busy_market_gets_one_quote_a_pause(venues: FakeVenues) -> None:
    fake = venues.polymarket.add(1, bid="0.40", ask="0.44")
    market = list_at(venues, fake)

    def move() -> None:
        for cents in range(10, 40):
            venues.stream.push(
                {
                    "event_type": "best_bid_ask",
                    "asset_id": fake.tokens[0],
                    "best_bid": f"0.{cents}",
                    "best_ask": f"0.{cents + 1}",
                }
            )

    assert follow(venues, move, pause=1.0).quotes == 1
    market.refresh_from_db()
    assert (market.bid, market.ask) == (D("0.39"), D("0.40"))


def test_a_market_that_was_resolved_is_asked_for_at_once(venues: FakeVenues) -> None:
    fake = venues.polymarket.add(1)
    list_at(venues, fake)

    def resolve() -> None:
        venues.polymarket.change(fake.condition_id, closed=True, prices=("1", "0"))
        venues.stream.push(
            {
                "event_type": "market_resolved",
                "market": fake.condition_id,
                "assets_ids": list(fake.tokens),
                "winning_asset_id": fake.tokens[0],
            }
        )

    assert follow(venues, resolve).resolutions == 1
    settlement = Settlement.objects.get()
    assert (settlement.payout, settlement.rule) == (D(1), "gamma.outcome_prices")


def test_a_word_of_the_stream_is_no_settlement(venues: FakeVenues) -> None:
    fake = venues.polymarket.add(1)
    market = list_at(venues, fake)
    told = {"event_type": "market_resolved", "assets_ids": list(fake.tokens)}
    assert follow(venues, lambda: venues.stream.push(told)).resolutions == 1
    market.refresh_from_db()
    assert market.status == "open"
    assert not Settlement.objects.exists()


def test_a_late_quote_is_flagged_by_its_end(venues: FakeVenues) -> None:
    fake = venues.polymarket.add(1, bid=None)
    market = list_at(venues, fake, ends_at="2026-01-01T00:00Z")
    follow(venues)
    market.refresh_from_db()
    late = QuoteFlag.PAST_END_DATE | QuoteFlag.ONE_SIDED
    assert (market.ask, market.mid, market.flags) == (D("0.61"), None, late)


@pytest.mark.parametrize(
    "fields", [{"status": "closed"}, {"status": "proposed"}, {"token_ids": []}]
)
def test_what_cannot_be_followed_is_left_alone(
    venues: FakeVenues, fields: dict[str, Any]
) -> None:
    market = list_at(venues, venues.polymarket.add(1))
    Market.objects.filter(pk=market.pk).update(**fields)
    assert follow(venues) == Followed()
    assert venues.stream.subscriptions == []


def test_venues_without_a_stream_are_left_alone(venues: FakeVenues) -> None:
    market = list_at(venues, venues.polymarket.add(1))
    for fields in ({"is_active": False}, {"kind": VenueKind.KALSHI.value}):
        for name, value in fields.items():
            setattr(market.venue, name, value)
        market.venue.save()
        assert follow(venues) == Followed()


def test_what_is_watched_is_looked_up_again_after_each_span(
    venues: FakeVenues,
) -> None:
    first = list_at(venues, venues.polymarket.add(1)).id
    second = list_at(venues, venues.polymarket.add(2)).id
    looks = iter([[], [first], [first, second], [first, second]])
    followed = keep_following(
        seconds=0.9, span_seconds=0.3, clock=read_clock, watch=lambda: next(looks)
    )
    assert followed == Followed(markets=2, quotes=2)
    assert Quote.objects.count() == 2


def reports() -> list[datetime | None]:
    """Return when the follower of this process has last ticked, where one reports."""
    beats = [one for one in read_heartbeats(read_clock()) if one.pid == os.getpid()]
    return [one.moment("ticked_at") for one in beats if one.kind is Kind.FOLLOWER]


def test_a_follower_reports_that_it_lives_until_it_leaves_in_order(
    settings: Settings,
) -> None:
    settings.HEARTBEAT_SECONDS = 0.05
    seen: list[list[datetime | None]] = []
    began = read_clock()

    def look() -> list[UUID]:
        time.sleep(0.2)
        seen.append(reports())
        return []

    keep_following(seconds=0.9, span_seconds=0.2, clock=read_clock, watch=look)
    ticks = [at for (at,) in seen if at is not None]
    assert len(ticks) == len(seen) > 1
    assert began <= ticks[0] < ticks[-1] <= read_clock()
    assert reports() == []


def test_a_signal_ends_the_command_in_order(settings: Settings) -> None:
    settings.HEARTBEAT_SECONDS = 0.05
    stop = threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGTERM))
    stop.start()
    call_command("markets", "follow", "--seconds", "20", stdout=StringIO())
    stop.join()
    assert reports() == []
    assert signal.getsignal(signal.SIGTERM) != signal.default_int_handler


def test_the_command_says_what_came_of_it() -> None:
    out = StringIO()
    call_command("markets", "follow", "--seconds", "1", stdout=out)
    assert out.getvalue() == "followed 0 markets: 0 quotes, 0 resolutions\n"


def test_a_time_that_is_none_is_refused() -> None:
    with pytest.raises(CommandError, match="'soon' is not a number above 0"):
        call_command("markets", "follow", "--seconds", "soon")
