"""A source of prices in the test's hand: it stores what it is told, as a sync does."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction

from apps.core.partitions import ensure_months, month_of
from apps.markets.models import Market, Quote, Settlement
from apps.markets.selectors.markets import MarketRow, get_markets

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from uuid import UUID


@dataclass(frozen=True, slots=True)
class Told:
    """What was fetched, and what was not."""

    rows: dict[UUID, MarketRow]
    failures: dict[UUID, str]
    fetching_ms: float = 2.0
    storing_ms: float = 1.0


@dataclass
class Prices:
    """Prices by market; `asked` has the markets of each call."""

    told: dict[UUID, str] = field(default_factory=dict)
    fields: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    broken: dict[UUID, str] = field(default_factory=dict)
    asked: list[tuple[UUID, ...]] = field(default_factory=list)
    before_answer: Callable[[], object] = lambda: None

    def tell(self, market: Market, price: str, **fields: Any) -> None:
        """Have a market cost this much from now on."""
        self.told[market.pk] = price
        self.fields[market.pk] = fields

    def __call__(
        self, market_ids: Sequence[UUID], *, clock: Callable[[], datetime]
    ) -> Told:
        """Answer as a refresh does."""
        self.asked.append(tuple(market_ids))
        self.before_answer()
        now = clock()
        with transaction.atomic():
            ensure_months("markets_quote", [month_of(now.date())])
        answered = [one for one in market_ids if one not in self.broken]
        for market_id in answered:
            if market_id in self.told:
                self._store(market_id, now)
        failures = {one: self.broken[one] for one in market_ids if one in self.broken}
        return Told(get_markets(answered), failures)

    def _store(self, market_id: UUID, now: datetime) -> None:
        mid, half = Decimal(self.told[market_id]), Decimal("0.005")
        given = self.fields[market_id]
        sides = {"bid": mid - half, "ask": mid + half, "mid": mid}
        flags, source = int(given.get("flags", 0)), given.get("source", "test")
        Quote.objects.get_or_create(
            market_id=market_id,
            observed_at=now,
            source=source,
            defaults={**sides, "spread": 2 * half, "flags": flags},
        )
        Market.objects.filter(pk=market_id).update(
            **sides,
            flags=flags,
            source=source,
            quoted_at=now,
            status=given.get("status", "open"),
        )


def settle(market: Market, payout: int | None, at: datetime) -> None:
    """Have a market end; None is void."""
    Market.objects.filter(pk=market.pk).update(
        status="void" if payout is None else "resolved", closed_at=at
    )
    Settlement.objects.create(
        market=market,
        payout=payout,
        is_void=payout is None,
        rule="test",
        settled_at=at,
        recorded_at=at,
    )


@dataclass
class Clock:
    """A clock that stands until it is moved."""

    now: datetime

    def __call__(self) -> datetime:
        """Return the present time."""
        return self.now
