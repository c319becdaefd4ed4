"""What Gamma, the order book and the Data API say, in payloads of their forms."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from apps.markets.domain.markets import NO_FEES, FeeSchedule, MarketStatus, QuoteFlag
from apps.markets.domain.payloads import PayloadError, parse_json
from apps.markets.domain.polymarket import (
    apply_resolution,
    needs_second_look,
    read_book,
    read_market,
    rest_fraction,
)
from apps.markets.domain.quotes import Seen

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SEEN = Seen(NOW)
D = Decimal
TOKENS = ["111", "222"]


def gamma(**fields: Any) -> dict[str, Any]:
    """An open market of Yes and No, two cents wide; None leaves a field out."""
    told = {
        "id": "42",
        "conditionId": "0xabc",
        "question": "Will it rain?",
        "slug": "rain",
        "outcomes": '["Yes", "No"]',
        "outcomePrices": '["0.6", "0.4"]',
        "clobTokenIds": '["111", "222"]',
        "startDate": "2026-09-01T18:24:05.41Z",
        "endDate": "2027-06-30T00:00:00Z",
        "closed": False,
        "active": True,
        "acceptingOrders": True,
        "negRisk": False,
        "bestBid": D("0.59"),
        "bestAsk": D("0.61"),
        "lastTradePrice": D("0.6"),
        "volume": "12.5",
        "liquidityNum": 900,
        "orderPriceMinTickSize": D("0.01"),
        "events": [{"id": 411, "slug": "weather", "title": "Weather"}],
        **fields,
    }
    return {name: value for name, value in told.items() if value is not None}


def closed(first: str, second: str, **fields: Any) -> dict[str, Any]:
    return gamma(
        closed=True,
        closedTime="2026-11-20 23:20:15+00",
        outcomePrices=f'["{first}", "{second}"]',
        **fields,
    )


def test_a_market_is_read_with_its_quote() -> None:
    read = read_market(gamma(), SEEN)
    assert (read.external_id, read.outcomes) == ("0xabc", ("Yes", "No"))
    assert (read.event_id, read.event_title, read.group_id) == ("411", "Weather", "")
    assert read.token_ids == ("111", "222")
    assert (read.volume, read.liquidity, read.tick_size) == (
        D("12.5"),
        D(900),
        D("0.01"),
    )
    assert read.url == "https://polymarket.com/event/weather"
    assert read.status is MarketStatus.OPEN
    assert read.quote is not None
    assert (read.quote.bid, read.quote.ask, read.quote.mid) == (
        D("0.59"),
        D("0.61"),
        D("0.6"),
    )
    assert (read.quote.source, read.quote.observed_at) == ("gamma", NOW)
    assert read.quote.flags == 0


def test_real_arrays_say_the_same_as_encoded_ones() -> None:
    lists = gamma(
        outcomes=["Yes", "No"], outcomePrices=["0.6", "0.4"], clobTokenIds=TOKENS
    )
    assert read_market(lists, SEEN) == read_market(gamma(), SEEN)


@pytest.mark.parametrize("side", ["bestBid", "bestAsk"])
def test_the_half_of_the_ask_is_no_price(side: str) -> None:
    read = read_market(gamma(**{side: None}, outcomePrices='["0.305", "0.695"]'), SEEN)
    assert read.quote is not None
    assert read.quote.mid is None
    assert read.quote.flags == QuoteFlag.ONE_SIDED
    assert read.quote.last == D("0.6")


def test_an_empty_book_is_written_as_zero_and_one() -> None:
    read = read_market(gamma(bestBid=0, bestAsk=1, lastTradePrice=0), SEEN)
    assert read.quote is not None
    assert (read.quote.bid, read.quote.ask, read.quote.last) == (None, None, None)
    assert read.quote.flags == QuoteFlag.ONE_SIDED


def test_a_spread_beyond_ten_cents_is_wide() -> None:
    flags = [
        read_market(gamma(bestBid=D("0.50"), bestAsk=D(ask)), SEEN).quote
        for ask in ("0.60", "0.61")
    ]
    assert [quote.flags for quote in flags if quote] == [0, QuoteFlag.WIDE]


def test_sides_that_cross_make_no_price() -> None:
    read = read_market(gamma(bestBid=D("0.62")), SEEN)
    assert read.quote is not None
    assert (read.quote.mid, read.quote.flags) == (None, QuoteFlag.STALE)


@pytest.mark.parametrize(("age", "flags"), [(60, 0), (61, QuoteFlag.CACHED)])
def test_what_a_cache_kept_for_more_than_a_minute_is_flagged(
    age: int, flags: int
) -> None:
    quote = read_market(gamma(), Seen(NOW - timedelta(seconds=age), age)).quote
    assert quote is not None
    assert (quote.flags, quote.age_seconds) == (flags, age)
    assert quote.observed_at == NOW - timedelta(seconds=age)


def test_the_end_date_ends_no_trading() -> None:
    read = read_market(gamma(endDate="2026-06-01T00:00:00Z"), SEEN)
    assert read.status is MarketStatus.OPEN
    assert read.quote is not None
    assert read.quote.flags == QuoteFlag.PAST_END_DATE


def test_a_market_without_an_end_date_is_never_past_it() -> None:
    read = read_market(gamma(endDate=None), SEEN)
    assert (read.ends_at, read.status) == (None, MarketStatus.OPEN)
    assert read.quote is not None
    assert read.quote.flags == 0


@pytest.mark.parametrize(
    "fields", [{"active": False}, {"acceptingOrders": False}, {"archived": True}]
)
def test_only_closed_closes_a_market(fields: dict[str, Any]) -> None:
    assert read_market(gamma(**fields), SEEN).status is MarketStatus.OPEN


@pytest.mark.parametrize("told", [None, "", "[]", '["", ""]', '["111"]'])
def test_a_new_market_has_no_tokens_yet(told: str | None) -> None:
    assert read_market(gamma(clobTokenIds=told), SEEN).token_ids == ()


@pytest.mark.parametrize("told", [411, "411"])
def test_an_event_s_id_comes_as_a_number_and_as_a_text(told: object) -> None:
    event = {"id": told, "slug": "weather", "title": "Weather"}
    assert read_market(gamma(events=[event]), SEEN).event_id == "411"


def test_numbers_come_whole_in_parts_and_as_texts() -> None:
    ways: list[dict[str, Any]] = [
        {"bestBid": 0, "volume": 12, "liquidityNum": D("900.0")},
        {"bestBid": "0", "volume": "12", "liquidityNum": None, "liquidity": "900"},
    ]
    first, second = (read_market(gamma(**fields), SEEN) for fields in ways)
    assert first == second


def test_a_market_closes_before_its_end_date() -> None:
    read = read_market(closed("0", "1"), SEEN)
    assert read.closed_at == datetime(2026, 11, 20, 23, 20, 15, tzinfo=UTC)
    assert read.quote is not None
    assert read.quote.flags == QuoteFlag.CLOSED


@pytest.mark.parametrize(
    ("prices", "payout"),
    [
        (("1", "0"), 1),
        (("0", "1"), 0),
        (("0.9995", "0.0005"), 1),
        (("0.001", "0.999"), 0),
    ],
)
def test_a_closed_market_with_a_sure_price_has_a_winner(
    prices: tuple[str, str], payout: int
) -> None:
    read = read_market(closed(*prices, acceptingOrders=True), SEEN)
    assert read.status is MarketStatus.RESOLVED
    assert read.settlement is not None
    assert read.settlement.payout == payout
    assert not read.settlement.is_void
    assert read.settlement.rule == "gamma.outcome_prices"
    assert read.settlement.evidence == {"outcomePrices": [*prices]}
    assert read.settlement.settled_at == read.closed_at


def test_a_last_quote_is_no_settlement_of_an_open_market() -> None:
    read = read_market(gamma(outcomePrices='["0.9995", "0.0005"]'), SEEN)
    assert (read.status, read.settlement) == (MarketStatus.OPEN, None)


def test_two_zeros_leave_the_end_open() -> None:
    read = read_market(closed("0", "0"), SEEN)
    assert (read.status, read.settlement) == (MarketStatus.CLOSED, None)
    assert needs_second_look(read)


def test_a_closed_market_without_prices_leaves_the_end_open() -> None:
    told = closed("0", "0") | {"outcomePrices": None}
    read = read_market(told, SEEN)
    assert (read.status, read.settlement) == (MarketStatus.CLOSED, None)
    assert needs_second_look(read)


@pytest.mark.parametrize("first", ["0.5", "0.0245", "0.998"])
def test_an_end_in_parts_is_void_and_never_rounded(first: str) -> None:
    read = read_market(closed(first, str(1 - D(first))), SEEN)
    assert read.status is MarketStatus.VOID
    assert read.settlement is not None
    assert (read.settlement.payout, read.settlement.is_void) == (D(first), True)
    assert needs_second_look(read)


@pytest.mark.parametrize(
    ("hours", "status"), [(23, MarketStatus.CLOSED), (24, MarketStatus.VOID)]
)
def test_an_end_in_parts_rests_for_a_day(hours: int, status: MarketStatus) -> None:
    ended_at = (NOW - timedelta(hours=hours)).isoformat()
    told = closed("0.6", "0.4") | {"closedTime": ended_at}
    assert rest_fraction(read_market(told, SEEN)).status is status


def test_a_winner_rests_for_no_day() -> None:
    told = closed("1", "0") | {"closedTime": NOW.isoformat()}
    assert rest_fraction(read_market(told, SEEN)).status is MarketStatus.RESOLVED


def test_prices_that_do_not_add_up_decide_nothing() -> None:
    assert read_market(closed("0.4", "0.4"), SEEN).settlement is None


@pytest.mark.parametrize("word", ["proposed", "disputed"])
def test_the_oracle_can_hold_a_settlement_up(word: str) -> None:
    read = read_market(closed("0", "1", umaResolutionStatus=word), SEEN)
    assert (read.status.value, read.settlement) == (word, None)
    assert not needs_second_look(read)


@pytest.mark.parametrize("word", ["resolved", None])
def test_the_oracle_is_not_required(word: str | None) -> None:
    read = read_market(closed("0", "1", umaResolutionStatus=word), SEEN)
    assert read.status is MarketStatus.RESOLVED


@pytest.mark.parametrize(
    ("word", "status"),
    [("proposed", "proposed"), ("disputed", "disputed"), ("resolved", "proposed")],
)
def test_an_open_market_whose_end_is_talked_about_is_not_open(
    word: str, status: str
) -> None:
    assert read_market(gamma(umaResolutionStatus=word), SEEN).status.value == status


def test_answers_of_one_question_share_their_group() -> None:
    read = read_market(gamma(negRisk=True, negRiskMarketID="0xgroup"), SEEN)
    assert read.group_id == "0xgroup"


def test_a_market_takes_its_event_from_where_it_was_found() -> None:
    event = {"id": "9", "title": "Found", "slug": "found", "negRiskMarketID": "0xg"}
    read = read_market(gamma(events=None, negRisk=True), SEEN, event=event)
    assert (read.event_id, read.event_title, read.group_id) == ("9", "Found", "0xg")


def test_fees_are_read_and_never_assumed() -> None:
    schedule = {
        "exponent": 1,
        "rate": D("0.04"),
        "takerOnly": True,
        "rebateRate": D("0.25"),
    }
    read = read_market(gamma(feesEnabled=True, feeSchedule=schedule), SEEN)
    assert read.fees == FeeSchedule(D("0.04"), D(1), rebate_rate=D("0.25"))
    none = read_market(gamma(feesEnabled=False, feeSchedule=schedule), SEEN)
    assert none.fees == NO_FEES


@pytest.mark.parametrize(
    "fields", [{"feesEnabled": True, "feeSchedule": None}, {"feesEnabled": None}]
)
def test_fees_of_which_nothing_is_said_are_unknown_and_not_none(
    fields: dict[str, Any],
) -> None:
    assert read_market(gamma(**fields), SEEN).fees is None


def test_a_fee_is_greatest_at_even_odds_and_the_same_on_both_sides() -> None:
    fees = FeeSchedule(D("0.04"))
    assert fees.fee(D("0.5"), D(100)) == 1
    assert fees.fee(D("0.1"), D(100)) == fees.fee(D("0.9"), D(100)) == D("0.36")
    assert FeeSchedule(D("0.04"), exponent=D(2)).fee(D("0.5"), D(100)) == D("0.25")


@pytest.mark.parametrize(
    ("price", "shares", "fee"),
    [
        ("0.50", "1", "0.02"),
        ("0.50", "100", "1.75"),
        ("0.05", "100", "0.34"),
        ("0.99", "1", "0.01"),
    ],
)
def test_kalshi_rounds_a_fee_up_to_the_next_cent(
    price: str, shares: str, fee: str
) -> None:
    fees = FeeSchedule(D("0.07"), rounds_up_to=D("0.01"))
    assert fees.fee(D(price), D(shares)) == D(fee)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"outcomes": '["A", "B", "C"]'}, "outcomes are 3, not two"),
        ({"outcomes": None}, "outcomes are 0, not two"),
        ({"outcomes": "Yes"}, "outcomes is not a list"),
        ({"conditionId": None}, "conditionId is missing"),
        ({"bestBid": {"a": 1}}, "bestBid is not a number"),
        ({"closed": "false"}, "closed is neither true nor false"),
        ({"endDate": "soon"}, "endDate is not a time"),
        ({"feesEnabled": True, "feeSchedule": {}}, "feeSchedule.rate is missing"),
    ],
)
def test_a_market_that_cannot_be_read_says_why(
    fields: dict[str, Any], message: str
) -> None:
    with pytest.raises(PayloadError, match=message):
        read_market(gamma(**fields), SEEN)


def test_the_best_of_a_book_is_not_the_first() -> None:
    book = parse_json(
        '{"asset_id": "111", "last_trade_price": "0.55",'
        ' "bids": [{"price": "0.48", "size": "1"}, {"price": "0.50", "size": "1"}],'
        ' "asks": [{"price": "0.999", "size": "1"}, {"price": "0.52", "size": "1"}]}'
    )
    before = read_market(gamma(), Seen(NOW - timedelta(minutes=5), 300)).quote
    assert isinstance(book, dict)
    assert before is not None
    quote = read_book(book, SEEN, before)
    assert (quote.bid, quote.ask, quote.mid) == (D("0.50"), D("0.52"), D("0.51"))
    assert (quote.last, quote.liquidity) == (D("0.55"), D(900))
    assert (quote.source, quote.observed_at, quote.flags) == ("clob.books", NOW, 0)


@pytest.mark.parametrize(
    ("row", "status", "payout"),
    [
        ({"status": "resolved", "price": "0"}, "resolved", D(0)),
        ({"status": "resolved", "price": "1000000000000000000"}, "resolved", D(1)),
        ({"status": "resolved", "price": "500000000000000000"}, "void", D("0.5")),
        ({"status": "resolved", "price": "69"}, "closed", None),
        ({"status": "posed", "price": "0"}, "proposed", None),
        ({"status": "active", "price": "0"}, "closed", None),
        ({}, "closed", None),
    ],
)
def test_a_resolution_decides_where_it_is_set(
    row: dict[str, str], status: str, payout: Decimal | None
) -> None:
    read = apply_resolution(read_market(closed("0", "0"), SEEN), row)
    assert read.status.value == status
    assert (read.settlement.payout if read.settlement else None) == payout
