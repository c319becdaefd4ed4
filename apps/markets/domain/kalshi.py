"""What Kalshi's answers say. Prices are texts of dollars, counts texts with a point."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from apps.markets.domain.markets import (
    NO_FLAGS,
    ONE,
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

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from apps.markets.domain.quotes import Seen

    Payload = Mapping[str, object]

_STATUSES = {
    "unopened": MarketStatus.OPEN,
    "initialized": MarketStatus.OPEN,
    "open": MarketStatus.OPEN,
    "active": MarketStatus.OPEN,
    "inactive": MarketStatus.OPEN,
    "closed": MarketStatus.CLOSED,
    # The result is known, and a timer runs in which it can be challenged.
    "determined": MarketStatus.PROPOSED,
    "amended": MarketStatus.PROPOSED,
    "disputed": MarketStatus.DISPUTED,
    "finalized": MarketStatus.RESOLVED,
    "settled": MarketStatus.RESOLVED,
}
_TRADING = frozenset({"open", "active"})
_HUNDRED = Decimal(100)
_RESULTS = {"yes": ONE, "no": Decimal(0)}


def read_market(
    raw: Payload, seen: Seen, *, event: Payload | None = None
) -> MarketReading:
    """Read a market with its quote, and its settlement where it is final.

    `event` is the event that the market was found in; without it nothing is known of
    the event but its name.

    Raises:
        PayloadError: a field cannot be read, or it is no question of yes or no.
    """
    kind = read_text(raw, "market_type") or "binary"
    if kind != "binary":
        raise PayloadError(f"market_type is {kind!r}, which has not two outcomes")
    word = read_text(raw, "status").lower()
    if word not in _STATUSES:
        raise PayloadError(f"status is {word!r}, which is none that we know")
    settlement = _read_settlement(raw) if _is_final(raw, word) else None
    status = _tell_status(_STATUSES[word], settlement)
    told = event or {}
    ticker = require_text(raw, "ticker", most=200)
    event_id = read_text(raw, "event_ticker", most=200)
    ends_at = read_moment(raw, "expected_expiration_time", "close_time")
    return MarketReading(
        external_id=ticker,
        question=_read_question(raw),
        outcomes=("Yes", "No"),
        status=status,
        slug=ticker.lower(),
        description=_join(raw, "rules_primary", "rules_secondary", between="\n\n"),
        url=f"https://kalshi.com/markets/{(event_id or ticker).split('-')[0].lower()}",
        event_id=event_id,
        event_title=_join(told, "title", "sub_title", between=" – "),
        group_id=event_id if told.get("mutually_exclusive") is True else "",
        opened_at=read_moment(raw, "open_time"),
        ends_at=ends_at,
        closed_at=None
        if status is MarketStatus.OPEN
        else read_moment(raw, "close_time"),
        tick_size=_read_tick(raw),
        liquidity=read_amount(raw, "liquidity_dollars"),
        volume=read_amount(raw, "volume_fp", "volume"),
        quote=_read_quote(raw, seen, _find_flags(word, ends_at, seen)),
        settlement=settlement,
    )


def _find_flags(word: str, ends_at: datetime | None, seen: Seen) -> QuoteFlag:
    if word not in _TRADING:
        return QuoteFlag.CLOSED
    is_past = ends_at is not None and ends_at < seen.at
    return QuoteFlag.PAST_END_DATE if is_past else NO_FLAGS


def _read_quote(raw: Payload, seen: Seen, flags: QuoteFlag) -> QuoteReading:
    return make_quote(
        seen,
        source="kalshi",
        sides=(_read_dollars(raw, "yes_bid"), _read_dollars(raw, "yes_ask")),
        last=_read_dollars(raw, "last_price"),
        liquidity=read_amount(raw, "liquidity_dollars"),
        flags=flags,
    )


def _read_dollars(raw: Payload, name: str) -> Decimal | None:
    """Read a price in dollars, or in whole cents as it was until 2026."""
    dollars = read_share(raw, f"{name}_dollars")
    if dollars is not None:
        return dollars
    cents = to_number(raw.get(name), name)
    return None if cents is None else to_share(cents / _HUNDRED, name)


def _is_final(raw: Payload, word: str) -> bool:
    return _STATUSES[word] is MarketStatus.RESOLVED and not read_flag(
        raw, "is_provisional"
    )


def _read_settlement(raw: Payload) -> SettlementReading | None:
    result = read_text(raw, "result").lower()
    value = _read_dollars(raw, "settlement_value")
    evidence: dict[str, object] = {"result": result, "status": read_text(raw, "status")}
    if value is not None:
        evidence["settlement_value_dollars"] = str(value)
    settled_at = read_moment(raw, "settlement_ts", "close_time")
    if result in _RESULTS:
        return SettlementReading(
            _RESULTS[result],
            is_void=False,
            rule="kalshi.result",
            evidence=evidence,
            settled_at=settled_at,
        )
    if value is None and not result:
        return None
    return SettlementReading(
        value,
        is_void=True,
        rule="kalshi.settlement_value",
        evidence=evidence,
        settled_at=settled_at,
    )


def _tell_status(
    status: MarketStatus, settlement: SettlementReading | None
) -> MarketStatus:
    if status is not MarketStatus.RESOLVED:
        return status
    if settlement is None:
        return MarketStatus.CLOSED
    return MarketStatus.VOID if settlement.is_void else status


def _read_question(raw: Payload) -> str:
    """All markets of an event have its title; the answer's name tells them apart."""
    title = require_text(raw, "title", most=10_000)
    answer = read_text(raw, "yes_sub_title") or read_text(raw, "subtitle")
    return f"{title} – {answer}" if answer and answer not in title else title


def _read_tick(raw: Payload) -> Decimal | None:
    steps = [
        read_share(read_object(one, "price_ranges"), "step")
        for one in read_list(raw, "price_ranges")
    ]
    return min((step for step in steps if step), default=None)


def _join(raw: Payload, *names: str, between: str) -> str:
    return between.join(text for name in names if (text := read_text(raw, name)))
