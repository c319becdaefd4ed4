"""Every rule on an answer that a venue really gave, where the machine has them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from apps.markets.domain import kalshi, kalshi_fees, polymarket
from apps.markets.domain.markets import FeeSchedule, MarketStatus, QuoteFlag
from apps.markets.domain.payloads import PayloadError, read_list
from apps.markets.domain.quotes import Seen
from apps.markets.domain.resolution import settle_by_winners
from tests.markets.real import find_markets, read_recorded

if TYPE_CHECKING:
    from apps.markets.domain.markets import MarketReading, SettlementReading

SEEN = Seen(datetime(2026, 8, 9, 12, tzinfo=UTC))
D = Decimal
SAMPLES = (
    "gamma/primape_2025_05/active_markets.json",
    "gamma/primape_2025_05/gamma_markets_response.json",
    "gamma/primape_2025_05/gamma_response.json",
)


def read(path: str, seen: Seen = SEEN) -> MarketReading:
    (raw, *_) = find_markets(read_recorded(path))
    return polymarket.read_market(raw, seen)


def settled(found: MarketReading) -> SettlementReading:
    assert found.settlement is not None
    return found.settlement


def sampled() -> list[tuple[dict[str, Any], MarketReading]]:
    raws = [raw for path in SAMPLES for raw in find_markets(read_recorded(path))]
    return [(raw, polymarket.read_market(raw, SEEN)) for raw in raws]


def test_a_winner_is_read_although_orders_are_still_accepted() -> None:
    found = read("gamma/nautilus/gamma_market_closed_binary_accepting_true.json")
    assert (found.status, settled(found).payout) == (MarketStatus.RESOLVED, D(1))
    # Its book still says 70 cents, and it ended long before its end date.
    assert found.quote is not None
    assert (found.quote.bid, found.quote.ask) == (D("0.69"), D("0.71"))
    assert QuoteFlag.CLOSED in found.quote.flags
    assert settled(found).settled_at == datetime(2026, 5, 9, 2, 7, 1, tzinfo=UTC)


def test_a_loser_is_read() -> None:
    found = read("gamma/nautilus/gamma_market_closed_binary_accepting_false.json")
    assert (found.status, settled(found).payout) == (MarketStatus.RESOLVED, D(0))


def test_two_zeros_are_no_settlement() -> None:
    found = read("gamma/nautilus/gamma_market_closed_zero_zero_legacy.json")
    assert (found.status, found.settlement) == (MarketStatus.CLOSED, None)


def test_a_scalar_end_is_void_at_its_fraction() -> None:
    found = read("gamma/nautilus/gamma_market_closed_nonbinary_legacy.json")
    assert (found.status, found.outcomes) == (MarketStatus.VOID, ("Long", "Short"))
    assert settled(found).payout == D("0.58433117")


def test_trading_goes_on_after_the_end_date() -> None:
    found = read("gamma/nautilus/gamma_market_past_end_date_open.json")
    assert found.status is MarketStatus.OPEN
    assert found.quote is not None
    assert QuoteFlag.PAST_END_DATE in found.quote.flags
    assert found.group_id.startswith("0x55ab76d092f682bf")


@pytest.mark.parametrize(
    ("path", "payout"),
    [
        ("gamma/nautilus/clob_market_closed_binary_accepting_true.json", D(1)),
        ("gamma/nautilus/clob_market_closed_binary_accepting_false.json", D(0)),
    ],
)
def test_the_order_book_names_the_winner(path: str, payout: Decimal) -> None:
    raw = read_recorded(path)
    tokens = [one["token_id"] for one in raw["tokens"]]
    found = settle_by_winners(raw, tokens, settled_at=None)
    assert found is not None
    assert (found.payout, found.rule) == (payout, "clob.winner")


def test_a_closed_market_of_the_order_book_can_be_without_a_winner() -> None:
    raws = read_recorded("clob/primape_clob_markets_1000_2025_05.json")
    decided = []
    for raw in raws:
        tokens = [one["token_id"] for one in raw["tokens"]]
        try:
            decided.append(settle_by_winners(raw, tokens, settled_at=None))
        except PayloadError:  # a market that never got its tokens
            decided.append(None)
    assert len(decided) == 1000
    # At prices of 1 and 0 as well: a price there is no winner.
    rules = [one.rule for one in decided if one]
    assert {name: rules.count(name) for name in rules} == {
        "clob.winner": 580,
        "clob.fifty_fifty": 7,
    }


def test_the_price_of_an_open_market_is_the_middle_of_its_book() -> None:
    two_sided = [
        (raw, found)
        for raw, found in sampled()
        if found.quote and found.quote.mid is not None
    ]
    assert len(two_sided) > 100
    for raw, found in two_sided:
        assert found.quote is not None
        assert found.quote.mid == D(str(read_list(raw, "outcomePrices")[0]))


def test_without_a_bid_the_printed_price_is_half_of_the_ask() -> None:
    phantoms = [
        (raw, found)
        for raw, found in sampled()
        if "bestBid" not in raw and raw.get("outcomePrices") and raw.get("bestAsk")
    ]
    assert len(phantoms) > 20
    for raw, found in phantoms:
        assert D(str(read_list(raw, "outcomePrices")[0])) == raw["bestAsk"] / 2
        assert found.quote is not None
        assert found.quote.mid is None
        assert QuoteFlag.ONE_SIDED in found.quote.flags


def test_every_sampled_market_is_read_with_its_tokens() -> None:
    found = [one for _, one in sampled()]
    assert all(len(one.token_ids) == 2 for one in found)
    assert {one.status.value for one in found} == {"open", "proposed", "disputed"}
    assert all(one.settlement is None for one in found)


def test_a_dispute_is_held_although_its_price_looks_sure() -> None:
    words = {
        (raw["id"], raw["umaResolutionStatus"], one.status.value)
        for raw, one in sampled()
        if "umaResolutionStatus" in raw
    }
    assert words == {
        ("507285", "proposed", "proposed"),
        ("507300", "disputed", "disputed"),
        ("507914", "disputed", "disputed"),
    }


def test_a_schedule_of_fees_is_read() -> None:
    found = read("gamma/nautilus/gamma_market_sports_market_money_line.json")
    raws = list(
        find_markets(
            read_recorded("gamma/pmvl_2026_07/tests_fixtures_polymarket_events.json")
        )
    )
    rates = {
        fees.rate
        for fees in (polymarket.read_fees(raw) for raw in raws)
        if fees is not None
    }
    assert found.outcomes != ("Yes", "No")
    assert rates <= {D("0.04"), D("0.05")}
    assert rates


def test_the_best_of_a_real_book_is_not_its_first_level() -> None:
    raw = read_recorded("gamma/pmvl_2026_07/tests_fixtures_polymarket_book.json")
    (market, *_) = find_markets(
        read_recorded("gamma/pmvl_2026_07/tests_fixtures_polymarket_markets.json")
    )
    before = polymarket.read_market(market, SEEN).quote
    assert before is not None
    quote = polymarket.read_book(raw, SEEN, before)
    assert raw["asks"][0]["price"] == "0.999"
    assert (quote.bid, quote.ask, quote.mid) == (D("0.001"), D("0.004"), D("0.0025"))


def test_lists_that_a_saver_had_decoded_are_read_as_well() -> None:
    raws = read_recorded("gamma/verdict_2026_05/resolved_markets.json")["markets"]
    found = [polymarket.read_market(raw, SEEN) for raw in raws.values()]
    assert len(found) == 14
    assert all(one.status is MarketStatus.RESOLVED for one in found)


@pytest.mark.parametrize("path", ["event", "markets_list", "market_slug"])
def test_a_market_without_outcomes_is_a_named_failure(path: str) -> None:
    with pytest.raises(PayloadError, match="outcomes are 0, not two"):
        read(f"gamma/nautilus_py/{path}.json")


def test_kalshis_dollars_are_exact() -> None:
    told = read_recorded(
        "gamma/pmvl_2026_07/apps_extension_fixtures_kalshi-market.json"
    )
    found = kalshi.read_market(told["market"], SEEN)
    assert found.question == "Houston vs San Diego Winner?"
    assert found.quote is not None
    assert (found.quote.mid, found.quote.spread) == (D("0.535"), D("0.01"))
    assert (found.volume, found.tick_size) == (D("10160.15"), D("0.01"))


def test_a_series_of_kalshi_tells_its_fees() -> None:
    told = read_recorded("gamma/pmvl_2026_07/tests_fixtures_kalshi_series.json")
    market = read_recorded(
        "gamma/pmvl_2026_07/apps_extension_fixtures_kalshi-market.json"
    )
    fees = kalshi_fees.read_fees(told["series"], {}, market["market"], SEEN)
    assert fees == FeeSchedule(D("0.07"), rounds_up_to=D("0.01"))


def test_kalshis_answers_share_their_event() -> None:
    told = read_recorded("gamma/pmvl_2026_07/tests_fixtures_kalshi_events.json")
    event = told["events"][1]
    found = [kalshi.read_market(raw, SEEN, event=event) for raw in event["markets"]]
    assert {one.event_id for one in found} == {"KXNEXTNATOSECGEN-99"}
    assert {one.group_id for one in found} == {
        "KXNEXTNATOSECGEN-99" if event["mutually_exclusive"] else ""
    }


def test_a_market_of_kalshi_that_nobody_buys_is_one_sided() -> None:
    told = read_recorded("gamma/pmvl_2026_07/tests_fixtures_kalshi_markets.json")
    seen = Seen(datetime(2026, 7, 25, 5, 30, tzinfo=UTC))
    quotes = [kalshi.read_market(raw, seen).quote for raw in told["markets"]]
    assert {q.flags for q in quotes if q} == {QuoteFlag.ONE_SIDED}
