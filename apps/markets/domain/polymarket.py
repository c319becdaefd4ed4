"""What Polymarket's answers say. Nothing here asks for them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from apps.markets.domain.markets import (
    NO_FEES,
    NO_FLAGS,
    ONE,
    FeeSchedule,
    MarketReading,
    MarketStatus,
    QuoteFlag,
    QuoteReading,
    SettlementReading,
)
from apps.markets.domain.payloads import (
    PayloadError,
    read_amount,
    read_flag,
    read_list,
    read_moment,
    read_object,
    read_share,
    read_text,
    require_text,
    to_number,
    to_share,
)
from apps.markets.domain.quotes import make_quote
from apps.markets.domain.resolution import (
    find_hold,
    settle_by_prices,
    settle_by_resolution,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from apps.markets.domain.quotes import Seen

    Payload = Mapping[str, object]
    Prices = tuple[Decimal, Decimal]

_TWO = 2
_PAGE = "https://polymarket.com/event/"
FRACTION_RESTS = timedelta(days=1)


def read_market(
    raw: Payload, seen: Seen, *, event: Payload | None = None
) -> MarketReading:
    """Read a market of Gamma with its quote, and its settlement where it has one.

    `event` is the event that the market was found in, where it does not say so itself.

    Raises:
        PayloadError: a field cannot be read, or it has not exactly two outcomes.
    """
    outcomes = _read_outcomes(raw)
    is_closed = read_flag(raw, "closed")
    closed_at = read_moment(raw, "closedTime", "umaEndDate") if is_closed else None
    hold = find_hold(read_text(raw, "umaResolutionStatus"), is_closed=is_closed)
    settlement = None
    if is_closed and hold is None:
        settlement = settle_by_prices(_read_prices(raw), settled_at=closed_at)
    ends_at = read_moment(raw, "endDate")
    events = read_list(raw, "events")
    told = read_object(events[0], "events") if events else (event or {})
    return MarketReading(
        external_id=require_text(raw, "conditionId", most=200),
        question=require_text(raw, "question", most=10_000),
        outcomes=outcomes,
        status=_tell_status(is_closed=is_closed, hold=hold, settlement=settlement),
        slug=read_text(raw, "slug", most=300),
        description=read_text(raw, "description"),
        url=_make_url(raw, told),
        token_ids=_read_tokens(raw),
        event_id=read_text(told, "id", most=200),
        event_title=read_text(told, "title"),
        group_id=_read_group(raw, told),
        opened_at=read_moment(raw, "startDate", "createdAt"),
        ends_at=ends_at,
        closed_at=closed_at,
        tick_size=read_share(raw, "orderPriceMinTickSize"),
        liquidity=read_amount(raw, "liquidityNum", "liquidity"),
        volume=read_amount(raw, "volumeNum", "volume"),
        fees=read_fees(raw),
        quote=_read_quote(raw, seen, is_closed=is_closed, ends_at=ends_at),
        settlement=settlement,
    )


def read_book(raw: Payload, seen: Seen, before: QuoteReading) -> QuoteReading:
    """Read a token's order book; `before` has what a book does not tell.

    The best bid is the highest and the best ask the lowest, wherever they stand:
    asks are served with the worst first.

    Raises:
        PayloadError: a level cannot be read.
    """
    bids = [_read_level(level) for level in read_list(raw, "bids")]
    asks = [_read_level(level) for level in read_list(raw, "asks")]
    last = read_share(raw, "last_trade_price")
    return make_quote(
        seen,
        source="clob.books",
        sides=(max(bids, default=None), min(asks, default=None)),
        last=last or before.last,
        liquidity=before.liquidity,
        flags=before.flags & (QuoteFlag.CLOSED | QuoteFlag.PAST_END_DATE),
    )


def confirm_quote(quote: QuoteReading, seen: Seen) -> QuoteReading:
    """Return the quote as that of a later moment, at which its mid was the same."""
    return replace(
        quote,
        source="clob.midpoints",
        observed_at=seen.at,
        age_seconds=seen.age_seconds,
        flags=quote.flags & ~QuoteFlag.CACHED | seen.flags,
    )


def read_fees(raw: Payload) -> FeeSchedule | None:
    """Read what a taker pays; None where a market does not say.

    Rates differ by market and drift, so none is assumed.

    Raises:
        PayloadError: a rate cannot be read.
    """
    if raw.get("feesEnabled") is None:
        return None
    if not read_flag(raw, "feesEnabled"):
        return NO_FEES
    if raw.get("feeSchedule") is None:
        return None
    schedule = read_object(raw["feeSchedule"], "feeSchedule")
    rate = to_number(schedule.get("rate"), "feeSchedule.rate")
    if rate is None:
        raise PayloadError("feeSchedule.rate is missing")
    exponent = to_number(schedule.get("exponent"), "feeSchedule.exponent")
    rebate = to_number(schedule.get("rebateRate"), "feeSchedule.rebateRate")
    return FeeSchedule(
        rate=rate,
        exponent=ONE if exponent is None else exponent,
        taker_only=schedule.get("takerOnly") is not False,
        rebate_rate=rebate or Decimal(0),
    )


def needs_second_look(reading: MarketReading) -> bool:
    """Return whether Gamma leaves open how a closed market ended.

    That is where it says nothing, and where it says parts: the order book knows
    whether there is a winner after all.
    """
    if reading.settlement is None:
        return reading.status is MarketStatus.CLOSED
    return reading.settlement.is_void


def rest_fraction(reading: MarketReading) -> MarketReading:
    """Return a market that ended in parts without its settlement for a first day.

    Until somebody decides, a closed market can print the last price that it had.
    """
    settlement, quote = reading.settlement, reading.quote
    if settlement is None or not settlement.is_void or quote is None:
        return reading
    closed_at = reading.closed_at
    if closed_at is None or quote.observed_at - closed_at >= FRACTION_RESTS:
        return reading
    return with_settlement(reading, None)


def with_settlement(
    reading: MarketReading, settlement: SettlementReading | None
) -> MarketReading:
    """Return a closed market with another settlement, or with none."""
    status = _tell_status(is_closed=True, hold=None, settlement=settlement)
    return replace(reading, settlement=settlement, status=status)


def apply_resolution(reading: MarketReading, row: Payload) -> MarketReading:
    """Return a closed market with what a row of the Data API says, if anything.

    Raises:
        PayloadError: the row cannot be read.
    """
    hold = find_hold(read_text(row, "status"), is_closed=True)
    if hold is not None:
        return replace(reading, settlement=None, status=hold)
    settlement = settle_by_resolution(row, settled_at=reading.closed_at)
    return reading if settlement is None else with_settlement(reading, settlement)


def _tell_status(
    *,
    is_closed: bool,
    hold: MarketStatus | None,
    settlement: SettlementReading | None,
) -> MarketStatus:
    """Only `closed` closes a market: the end date is when the end is expected."""
    if hold is not None:
        return hold
    if not is_closed:
        return MarketStatus.OPEN
    if settlement is None:
        return MarketStatus.CLOSED
    return MarketStatus.VOID if settlement.is_void else MarketStatus.RESOLVED


def _read_quote(
    raw: Payload, seen: Seen, *, is_closed: bool, ends_at: datetime | None
) -> QuoteReading:
    flags = NO_FLAGS
    if is_closed:
        flags |= QuoteFlag.CLOSED
    elif ends_at is not None and ends_at < seen.at:
        flags |= QuoteFlag.PAST_END_DATE
    return make_quote(
        seen,
        source="gamma",
        sides=(read_share(raw, "bestBid"), read_share(raw, "bestAsk")),
        last=read_share(raw, "lastTradePrice"),
        liquidity=read_amount(raw, "liquidityNum", "liquidity"),
        flags=flags,
    )


def _read_outcomes(raw: Payload) -> tuple[str, str]:
    outcomes = read_list(raw, "outcomes")
    if len(outcomes) != _TWO:
        raise PayloadError(f"outcomes are {len(outcomes)}, not two")
    named = [read_text({"outcomes": one}, "outcomes", most=200) for one in outcomes]
    if not all(named):
        raise PayloadError("outcomes have no name")
    return named[0], named[1]


def _read_prices(raw: Payload) -> Prices | None:
    prices = [to_share(one, "outcomePrices") for one in read_list(raw, "outcomePrices")]
    if not prices:
        return None
    if len(prices) != _TWO or prices[0] is None or prices[1] is None:
        raise PayloadError("outcomePrices are not two numbers")
    return prices[0], prices[1]


def _read_tokens(raw: Payload) -> tuple[str, ...]:
    tokens = [
        read_text({"clobTokenIds": one}, "clobTokenIds")
        for one in read_list(raw, "clobTokenIds")
    ]
    # A new market has them minutes after it is listed.
    return tuple(tokens) if len(tokens) == _TWO and all(tokens) else ()


def _read_group(raw: Payload, event: Payload) -> str:
    if not read_flag(raw, "negRisk"):
        return ""
    shared = read_text(raw, "negRiskMarketID", most=200)
    return shared or read_text(event, "negRiskMarketID", most=200)


def _read_level(level: object) -> Decimal:
    price = read_share(read_object(level, "a level of the book"), "price")
    if price is None:
        raise PayloadError("a level of the book has no price")
    return price


def _make_url(raw: Payload, event: Payload) -> str:
    slug = read_text(event, "slug", most=300) or read_text(raw, "slug", most=300)
    return f"{_PAGE}{slug}" if slug else ""
