"""Predictions that were sent, held against their markets before they are recorded."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from apps.markets.domain.markets import UNUSABLE, MarketStatus, Nature, QuoteFlag
from apps.markets.selectors.references import find_markets
from apps.predictions.domain.entries import (
    CLOCK_TOLERANCE,
    FRESH_FOR,
    RECORDED_FRESH_FOR,
    EntriesRefusedError,
    EntryFault,
    find_faults,
    find_outcome,
    rounded,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import datetime

    from apps.markets.selectors.markets import MarketRow
    from apps.predictions.domain.entries import NewPrediction, Number

ONE = Decimal(1)
SHARE_DIGITS, CONFIDENCE_DIGITS = 8, 2


@dataclass(frozen=True, slots=True)
class Price:
    """What the predicted outcome cost when the prediction was made."""

    mid: Decimal
    bid: Decimal | None
    ask: Decimal | None
    flags: QuoteFlag
    quoted_at: datetime


@dataclass(frozen=True, slots=True)
class Checked:
    """An entry in which nothing is wrong, with its market and the numbers as kept.

    `price` is None where the entry is recorded already and needs none.
    """

    entry: NewPrediction
    market: MarketRow
    outcome: int
    probability: Decimal
    confidence: Decimal | None
    market_price_shown: Decimal | None
    cost: Decimal | None
    price: Price | None


def check_entries(
    entries: Sequence[NewPrediction], *, recorded: Collection[str], now: datetime
) -> tuple[Checked, ...]:
    """Return all entries with their markets, if nothing is wrong in any of them.

    Args:
        entries: what was sent.
        recorded: the references that are recorded already; their markets may have
            closed since.
        now: prices are held against it.

    Raises:
        EntriesRefusedError: something is; everything is named.
    """
    markets = find_markets(entry.market for entry in entries)
    faults = list(_find_repeated(entries))
    checked = []
    for index, entry in enumerate(entries):
        market = markets.get(entry.market)
        at = None if entry.reference in recorded else now
        found = [
            *find_faults(entry, is_new=at is not None),
            *_faults_of_market(entry, market, at),
        ]
        faults += [EntryFault(index, name, what) for name, what in found]
        if not found and market is not None:
            checked.append(_checked(entry, market, is_new=at is not None))
    if faults:
        raise EntriesRefusedError(sorted(faults, key=lambda one: one.index))
    return tuple(checked)


def _find_repeated(entries: Sequence[NewPrediction]) -> Iterator[EntryFault]:
    first: dict[str, int] = {}
    for index, entry in enumerate(entries):
        if entry.reference and first.setdefault(entry.reference, index) != index:
            what = f"prediction {first[entry.reference]} of these has the same"
            yield EntryFault(index, "reference", what)


def _faults_of_market(
    entry: NewPrediction, market: MarketRow | None, now: datetime | None
) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with an entry's market; without a time, but for its price."""
    if market is None:
        yield "market", f"no market {str(entry.market)!r} is known here"
        return
    if find_outcome(market.outcomes, entry.outcome) is None:
        first, second = market.outcomes
        yield "outcome", f"{entry.outcome!r} is neither {first!r} nor {second!r}"
    if now is None:
        return
    what = find_market_fault(market, now)
    if what:
        yield "market", what


def find_market_fault(market: MarketRow, now: datetime) -> str:
    """Say why a market cannot be predicted now, or nothing where it can."""
    if market.status is not MarketStatus.OPEN:
        return f"it is {market.status.value}: only an open market can be predicted"
    return _fault_of_price(market, now)


def _fault_of_price(market: MarketRow, now: datetime) -> str:
    """Say why a market's newest price cannot stand beside a prediction."""
    if market.price is None or market.quoted_at is None:
        return "it has no price yet"
    if wrong := market.flags & UNUSABLE:
        return f"its newest price cannot be used: {', '.join(wrong.words)}"
    when = f"its newest price is of {market.quoted_at:%Y-%m-%d %H:%M:%S} UTC"
    is_recorded = market.nature is Nature.RECORDED
    most = RECORDED_FRESH_FOR if is_recorded else FRESH_FOR
    if market.quoted_at < now - most:
        return f"{when}, older than {most.total_seconds() / 60:g} minutes"
    if market.quoted_at > now + CLOCK_TOLERANCE:
        return f"{when}, which is yet to come"
    return ""


def _checked(entry: NewPrediction, market: MarketRow, *, is_new: bool) -> Checked:
    outcome = find_outcome(market.outcomes, entry.outcome) or 0
    return Checked(
        entry=entry,
        market=market,
        outcome=outcome,
        probability=rounded(entry.probability, SHARE_DIGITS),
        confidence=_kept(entry.confidence, CONFIDENCE_DIGITS),
        market_price_shown=_kept(entry.market_price_shown, SHARE_DIGITS),
        cost=_kept(entry.cost, SHARE_DIGITS),
        price=price_of(market, outcome) if is_new else None,
    )


def price_of(market: MarketRow, outcome: int) -> Price | None:
    """Return the newest price as the predicted outcome sees it."""
    if market.price is None or market.quoted_at is None:
        return None
    mid, bid, ask = market.price, market.bid, market.ask
    if outcome == 1:
        mid, bid, ask = ONE - mid, _other(ask), _other(bid)
    return Price(mid, bid, ask, market.flags, market.quoted_at)


def _other(price: Decimal | None) -> Decimal | None:
    return None if price is None else ONE - price


def _kept(value: Number | None, digits: int) -> Decimal | None:
    return None if value is None else rounded(value, digits)
