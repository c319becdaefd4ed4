"""Readings brought into the form in which they are stored, or refused in one line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from apps.markets.domain.markets import MarketStatus, QuoteFlag

if TYPE_CHECKING:
    from datetime import datetime

    from apps.markets.domain.markets import (
        FeeSchedule,
        MarketReading,
        QuoteReading,
        SettlementReading,
    )

# A status that only a settlement gives, and that nothing takes back.
FINAL = frozenset({MarketStatus.RESOLVED, MarketStatus.VOID})
_TRADES_NO_MORE = frozenset({*FINAL, MarketStatus.CLOSED})
# What is cut where it is longer, and what would become another's name if it were.
_TEXTS = {"slug": 300, "url": 500}
_NAMES = {"external_id": 200, "event_id": 200, "group_id": 200}
OUTCOMES = 2  # that every market here has
_OUTCOME_LENGTH = 200
_TOKEN_LENGTH = 120
_SOURCE_LENGTH = 30
_RULE_LENGTH = 60
_MOST_AMOUNT = Decimal(10) ** 18
_MOST_SECONDS = 2**31 - 1
_PRICES = ("bid", "ask", "mid", "last")
_TIMES = ("opened_at", "ends_at", "closed_at")


@dataclass(frozen=True, slots=True)
class MarketRecord:
    """What is stored of one market; JSON is text already, ids are still to come."""

    external_id: str
    slug: str
    question: str
    description: str
    url: str
    outcomes: list[str]
    token_ids: list[str]
    event_id: str
    event_title: str
    group_id: str
    status: str
    fees: str | None
    tick_size: Decimal | None
    liquidity: Decimal | None
    volume: Decimal | None
    opened_at: datetime | None
    ends_at: datetime | None
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class QuoteRecord:
    """What is stored of one quote."""

    quoted_at: datetime | None = None
    source: str = ""
    bid: Decimal | None = None
    ask: Decimal | None = None
    mid: Decimal | None = None
    last: Decimal | None = None
    spread: Decimal | None = None
    depth: Decimal | None = None
    age_seconds: int = 0
    flags: int = 0


@dataclass(frozen=True, slots=True)
class SettlementRecord:
    """What is stored of a settlement; `is_void` is None where there is none."""

    payout: Decimal | None = None
    is_void: bool | None = None
    rule: str = ""
    evidence: str = "{}"
    settled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """One reading as it is stored."""

    market: MarketRecord
    quote: QuoteRecord
    settlement: SettlementRecord


def make_record(reading: MarketReading, *, now: datetime) -> Record:
    """Return what is stored of a reading.

    A market is resolved or void with its settlement only: an end that the venue calls
    final and gives no settlement for is `closed`, and a settlement that is proposed or
    disputed is not there yet. Nothing is observed later than `now`.

    Raises:
        ValueError: a field has a value that no market can have; it says which.
    """
    settlement = SettlementRecord()
    status = reading.status
    if status in FINAL:
        status = MarketStatus.CLOSED
        if reading.settlement is not None:
            settlement = _make_settlement(reading.settlement)
            is_void = reading.settlement.is_void
            status = MarketStatus.VOID if is_void else MarketStatus.RESOLVED
    return Record(
        _make_market(reading, status),
        make_quote_record(reading.quote, status=status, now=now),
        settlement,
    )


def make_quote_record(
    quote: QuoteReading | None, *, status: MarketStatus, now: datetime
) -> QuoteRecord:
    """Return what is stored of a quote of a market that stands so.

    Raises:
        ValueError: a price is none, or an amount is beyond what is kept.
    """
    if quote is None:
        return QuoteRecord()
    for name in _PRICES:
        _require_share(name, getattr(quote, name))
    _require_amount("the quote's liquidity", quote.liquidity)
    _require_zone("observed_at", quote.observed_at)
    if not 0 <= quote.age_seconds <= _MOST_SECONDS:
        raise ValueError(f"age_seconds is {quote.age_seconds}")
    closed = QuoteFlag.CLOSED if status in _TRADES_NO_MORE else QuoteFlag(0)
    return QuoteRecord(
        quoted_at=min(quote.observed_at, now),
        source=clean(quote.source)[:_SOURCE_LENGTH],
        spread=quote.spread,
        depth=quote.liquidity,
        age_seconds=quote.age_seconds,
        flags=int(quote.flags | closed),
        **{name: getattr(quote, name) for name in _PRICES},
    )


def clean(text: str) -> str:
    """Return the text without what PostgreSQL refuses: NUL and lone surrogates."""
    if "\0" in text:
        text = text.replace("\0", "�")
    return text if text.isascii() else text.encode(errors="replace").decode()


def _make_market(reading: MarketReading, status: MarketStatus) -> MarketRecord:
    names: dict[str, Any] = {name: clean(getattr(reading, name)) for name in _NAMES}
    for name, most in _NAMES.items():
        if len(names[name]) > most:
            raise ValueError(f"{name} is longer than {most} characters")
    texts: dict[str, Any] = {
        name: clean(getattr(reading, name))[:most] for name, most in _TEXTS.items()
    }
    if not names["external_id"] or not reading.question.strip():
        raise ValueError("it has no id or no question")
    _require_share("tick_size", reading.tick_size)
    for name in ("liquidity", "volume"):
        _require_amount(name, getattr(reading, name))
    for name in _TIMES:
        _require_zone(name, getattr(reading, name))
    return MarketRecord(
        question=clean(reading.question),
        description=clean(reading.description),
        outcomes=_make_outcomes(reading.outcomes),
        token_ids=_make_tokens(reading.token_ids),
        event_title=clean(reading.event_title),
        status=status.value,
        fees=_make_fees(reading.fees),
        **names,
        **texts,
        **{
            name: getattr(reading, name)
            for name in ("tick_size", "liquidity", "volume", *_TIMES)
        },
    )


def _make_outcomes(outcomes: tuple[str, ...]) -> list[str]:
    if len(outcomes) != OUTCOMES:
        raise ValueError(f"it has {len(outcomes)} outcomes instead of {OUTCOMES}")
    return [clean(outcome)[:_OUTCOME_LENGTH] for outcome in outcomes]


def _make_tokens(tokens: tuple[str, ...]) -> list[str]:
    if any(len(token) > _TOKEN_LENGTH for token in tokens):
        raise ValueError(f"a token id is longer than {_TOKEN_LENGTH} characters")
    return [clean(token) for token in tokens]


def _make_fees(fees: FeeSchedule | None) -> str | None:
    if fees is None:
        return None
    return json.dumps(
        {
            name: value if isinstance(value, bool) else str(value)
            for name, value in asdict(fees).items()
        }
    )


def _make_settlement(settlement: SettlementReading) -> SettlementRecord:
    payout = settlement.payout
    _require_share("payout", payout)
    if not settlement.is_void and payout not in (0, 1):
        raise ValueError(f"it pays {payout} and is not void")
    _require_zone("settled_at", settlement.settled_at)
    return SettlementRecord(
        payout=payout,
        is_void=settlement.is_void,
        rule=clean(settlement.rule)[:_RULE_LENGTH],
        evidence=json.dumps(_plain(settlement.evidence)),
        settled_at=settlement.settled_at,
    )


def _plain(value: object) -> object:
    """Return data as JSON that PostgreSQL takes; other values become their text."""
    if isinstance(value, Mapping):
        return {clean(str(key)): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, bool | int):
        return value
    return clean(str(value))


def _require_share(name: str, value: Decimal | None) -> None:
    if value is not None and not (value.is_finite() and 0 <= value <= 1):
        raise ValueError(f"{name} is {value}, which is not from 0 to 1")


def _require_amount(name: str, value: Decimal | None) -> None:
    if value is not None and not (value.is_finite() and abs(value) < _MOST_AMOUNT):
        raise ValueError(f"{name} is {value}, which is no amount")


def _require_zone(name: str, value: datetime | None) -> None:
    if value is not None and value.tzinfo is None:
        raise ValueError(f"{name} has no time zone")
