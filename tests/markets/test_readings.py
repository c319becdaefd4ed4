"""Storing what venues say."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from apps.markets.domain.markets import ONE, FeeSchedule, MarketStatus, QuoteFlag
from apps.markets.models import Market, Quote, Settlement
from apps.markets.selectors.markets import get_market
from apps.markets.services.readings import (
    STALE_AFTER,
    Stored,
    store_quotes,
    store_readings,
)
from tests.markets.make import NOW, make_venue
from tests.markets.readings import make_quote_reading, make_reading, make_settled

if TYPE_CHECKING:
    from datetime import datetime

    from apps.markets.domain.markets import MarketReading
    from apps.markets.selectors.markets import MarketRow

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def store(*readings: MarketReading, now: datetime = NOW) -> Stored:
    return store_readings(venue_id=make_venue().id, readings=readings, now=now)


def find(name: str = "rain") -> MarketRow:
    return get_market(Market.objects.get(external_id=name).id)


def test_a_market_is_stored_with_all_that_its_venue_says() -> None:
    fees = FeeSchedule(
        Decimal("0.07"), Decimal(2), taker_only=False, rounds_up_to=Decimal("0.01")
    )
    said: dict[str, Any] = {
        "slug": "rain-today",
        "url": "https://example.org/rain",
        "event_id": "7",
        "event_title": "Weather",
        "group_id": "g",
        "tick_size": Decimal("0.001"),
        "liquidity": Decimal("12.5"),
        "volume": Decimal(99),
        "opened_at": NOW - HOUR,
        "ends_at": NOW + HOUR,
        "fees": fees,
    }
    stored = store(make_reading(token_ids=("a", "b"), **said))
    row = find()
    assert {name: getattr(row, name) for name in said} == said
    assert (row.outcomes, row.status) == (("Yes", "No"), MarketStatus.OPEN)
    assert (row.bid, row.ask) == (Decimal("0.59"), Decimal("0.61"))
    assert stored == Stored({"rain": row.id}, (row.id,), 1)
    assert Market.objects.get().token_ids == ["a", "b"]


def test_a_second_reading_renews_the_market_and_adds_a_quote() -> None:
    first = store(make_reading())
    again = store(
        make_reading(price="0.70", at=NOW + HOUR, question="Rain?"), now=NOW + HOUR
    )
    row = find()
    assert (again.new, again.quotes, again.market_ids) == ((), 1, first.market_ids)
    assert (row.question, row.mid, row.quoted_at) == (
        "Rain?",
        Decimal("0.70"),
        NOW + HOUR,
    )
    assert (row.first_seen_at, row.synced_at) == (NOW, NOW + HOUR)
    assert Quote.objects.count() == 2


def test_the_same_quote_is_stored_once() -> None:
    assert store(make_reading()).quotes == 1
    assert store(make_reading()).quotes == 0
    assert Quote.objects.count() == 1


def test_an_older_quote_is_kept_and_never_takes_the_newest_ones_place() -> None:
    newest = make_quote_reading("0.70", source="clob.books")
    store(make_reading(quote=newest))
    late = store(make_reading(price="0.10", at=NOW - HOUR), now=NOW - HOUR)
    row = find()
    assert late.quotes == 1
    assert (row.mid, row.quoted_at, row.synced_at) == (Decimal("0.70"), NOW, NOW)
    assert row.source == "clob.books"


def test_a_reading_from_before_a_clock_was_set_back_does_not_rename_the_market() -> (
    None
):
    store(make_reading(question="The new words?"))
    store(make_reading(question="The old words?"), now=NOW - HOUR)
    assert find().question == "The new words?"


def test_a_quote_from_the_future_is_one_of_now() -> None:
    store(make_reading(at=NOW + HOUR))
    assert find().quoted_at == NOW


def test_a_reading_that_tells_less_erases_nothing() -> None:
    told: dict[str, Any] = {"slug": "rain", "event_id": "7", "token_ids": ("1", "2")}
    store(make_reading(tick_size=Decimal("0.01"), **told))
    store(make_reading(price=None), now=NOW + HOUR)
    row = find()
    assert Market.objects.get().token_ids == ["1", "2"]
    assert (row.slug, row.tick_size, row.event_id) == ("rain", Decimal("0.01"), "7")
    assert (row.mid, row.quoted_at) == (Decimal("0.60"), NOW)


@pytest.mark.parametrize(
    ("change", "flags"),
    [
        ({}, QuoteFlag.STALE),
        ({"mid": Decimal("0.61")}, QuoteFlag(0)),
        ({"last": Decimal("0.60")}, QuoteFlag(0)),
    ],
)
def test_a_price_that_neither_moved_nor_traded_for_a_day_is_stale(
    change: dict[str, Any], flags: QuoteFlag
) -> None:
    store(make_reading())
    later = NOW + STALE_AFTER
    quote = make_quote_reading("0.60", later, **change)
    store(make_reading(quote=quote), now=later)
    assert find().flags == flags
    assert Quote.objects.get(observed_at=later).flags == flags


def test_a_trade_that_shows_in_the_volume_alone_is_one() -> None:
    store(make_reading(volume=Decimal(5)))
    later = NOW + STALE_AFTER
    store(make_reading(at=later, volume=Decimal(6)), now=later)
    assert (find().flags, Market.objects.get().moved_at) == (QuoteFlag(0), later)


def test_a_price_that_stood_still_for_less_than_a_day_is_not_stale() -> None:
    store(make_reading())
    later = NOW + STALE_AFTER - timedelta(seconds=1)
    store(make_reading(at=later), now=later)
    assert (find().flags, Market.objects.get().moved_at) == (QuoteFlag(0), NOW)


def test_a_closed_market_has_closed_quotes_and_the_time_when_it_was_seen() -> None:
    store(make_reading())
    store(
        make_reading(at=NOW + HOUR, status=MarketStatus.CLOSED),
        now=NOW + HOUR,
    )
    row = find()
    assert (row.status, row.closed_at) == (MarketStatus.CLOSED, NOW + HOUR)
    assert row.flags == QuoteFlag.CLOSED


def test_a_market_that_opens_again_is_open() -> None:
    store(make_reading(status=MarketStatus.CLOSED, closed_at=NOW - HOUR))
    store(make_reading(at=NOW + HOUR), now=NOW + HOUR)
    assert (find().status, find().closed_at) == (MarketStatus.OPEN, None)


def test_a_settlement_is_written_once() -> None:
    store(make_reading())
    stored = store(make_settled(), now=NOW + HOUR)
    again = store(make_settled(), now=NOW + 2 * HOUR)
    row = find()
    assert (stored.settled, again.settled) == ((row.id,), ())
    assert row.status is MarketStatus.RESOLVED
    assert row.settlement is not None
    assert (row.settlement.payout, row.settlement.recorded_at) == (ONE, NOW + HOUR)
    assert Settlement.objects.get().evidence == {"price": "1"}


@pytest.mark.parametrize("status", [MarketStatus.PROPOSED, MarketStatus.DISPUTED])
def test_an_end_that_is_proposed_or_disputed_settles_nothing(
    status: MarketStatus,
) -> None:
    stored = store(make_settled(status=status))
    assert (stored.settled, find().status, find().settlement) == ((), status, None)


def test_an_end_without_a_settlement_is_only_closed() -> None:
    store(make_reading(status=MarketStatus.RESOLVED))
    assert find().status is MarketStatus.CLOSED


def test_a_void_end_pays_in_parts() -> None:
    store(make_settled(payout="0.5", is_void=True))
    row = find()
    assert row.status is MarketStatus.VOID
    assert row.settlement is not None
    assert (row.settlement.payout, row.settlement.is_void) == (Decimal("0.5"), True)


def test_a_settlement_that_is_contradicted_stands_and_says_so() -> None:
    store(make_settled(payout="1"))
    stored = store(make_settled(payout="0"), now=NOW + HOUR)
    again = store(make_settled(payout="0"), now=NOW + 2 * HOUR)
    row = find()
    assert (stored.contradicted, again.contradicted) == ((row.id,), ())
    assert row.settlement is not None
    assert row.settlement.payout == ONE
    assert row.settlement.contradicted_at == NOW + HOUR
    assert Settlement.objects.get().contradiction == {
        "status": "resolved",
        "payout": "0.00000000",
        "is_void": False,
        "rule": "test",
        "evidence": {"price": "0"},
    }


def test_a_settled_market_that_is_reported_open_stays_settled() -> None:
    store(make_settled())
    stored = store(make_reading(at=NOW + HOUR), now=NOW + HOUR)
    assert (find().status, stored.contradicted) == (MarketStatus.RESOLVED, ())


def test_a_dispute_after_the_settlement_contradicts_it() -> None:
    store(make_settled())
    stored = store(make_reading(status=MarketStatus.DISPUTED), now=NOW + HOUR)
    assert stored.contradicted == (find().id,)
    assert find().status is MarketStatus.RESOLVED


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        (
            {"quote": make_quote_reading("1.20")},
            "bid is 1.19, which is not from 0 to 1",
        ),
        ({"liquidity": Decimal("NaN")}, "liquidity is NaN, which is no amount"),
        ({"outcomes": ("Yes",)}, "it has 1 outcomes instead of 2"),
        ({"ends_at": NOW.replace(tzinfo=None)}, "ends_at has no time zone"),
        ({"event_id": "e" * 201}, "event_id is longer than 200 characters"),
        ({"question": " "}, "it has no id or no question"),
    ],
)
def test_a_reading_that_cannot_be_fails_alone(
    fields: dict[str, Any], reason: str
) -> None:
    stored = store(make_reading("bad", **fields), make_reading("good"))
    assert stored.failures == {"bad": reason}
    assert [market.external_id for market in Market.objects.all()] == ["good"]


def test_foreign_text_is_brought_into_a_form_that_can_be_stored() -> None:
    store(make_reading(description="a\0b\ud800c", slug="s" * 400))
    row = find()
    assert (row.description, row.slug) == ("a�b?c", "s" * 300)


def test_of_two_readings_of_one_market_the_later_counts() -> None:
    store(make_reading(price="0.10"), make_reading(price="0.20"))
    assert find().mid == Decimal("0.20")


def hear(price: str, now: datetime) -> Stored:
    """Store a price that a stream told of rain, which it takes to be open."""
    quote = make_quote_reading(price, now, source="clob.stream")
    reading = make_reading("rain", quote=quote)
    return store_quotes(venue_id=make_venue().id, readings=[reading], now=now)


def test_a_price_alone_moves_the_quote_and_not_when_the_market_was_asked_for() -> None:
    store(make_reading("rain", "0.60", slug="rain-today"))
    heard = hear("0.70", NOW + HOUR)
    market = Market.objects.get()
    assert heard == Stored({"rain": market.id}, quotes=1)
    assert (market.mid, market.quoted_at) == (Decimal("0.70"), NOW + HOUR)
    assert (market.moved_at, market.slug) == (NOW + HOUR, "rain-today")
    assert market.source == "clob.stream"
    assert (market.synced_at, Quote.objects.count()) == (NOW, 2)


@pytest.mark.parametrize("status", [MarketStatus.CLOSED, MarketStatus.PROPOSED])
def test_a_price_alone_opens_no_market_again(status: MarketStatus) -> None:
    store(make_reading("rain", "0.60", status=status))
    before = Market.objects.values().get()
    assert hear("0.70", NOW + HOUR) == Stored()
    assert Market.objects.values().get() == before
    assert Quote.objects.count() == 1


def test_a_price_alone_makes_no_market() -> None:
    assert hear("0.70", NOW) == Stored()
    assert not Market.objects.exists()
