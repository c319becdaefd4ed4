"""Readings as gateways make them, and a gateway of a test's own."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from apps.markets.domain.markets import (
    Batch,
    MarketReading,
    MarketStatus,
    QuoteReading,
    SettlementReading,
)
from tests.markets.make import NOW

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence
    from datetime import datetime

CENT = Decimal("0.01")


def make_quote_reading(price: str, at: datetime = NOW, **fields: Any) -> QuoteReading:
    mid = Decimal(price)
    values = {"bid": mid - CENT, "ask": mid + CENT, "mid": mid, **fields}
    return QuoteReading(observed_at=at, source=values.pop("source", "test"), **values)


def make_reading(
    name: str = "rain", price: str | None = "0.60", at: datetime = NOW, **fields: Any
) -> MarketReading:
    values = {
        "question": f"Will there be {name}?",
        "outcomes": ("Yes", "No"),
        "status": MarketStatus.OPEN,
        "quote": None if price is None else make_quote_reading(price, at),
        **fields,
    }
    return MarketReading(external_id=name, **values)


def make_settled(name: str = "rain", payout: str = "1", **fields: Any) -> MarketReading:
    settlement = SettlementReading(
        payout=Decimal(payout),
        is_void=fields.pop("is_void", False),
        rule="test",
        evidence={"price": payout},
        settled_at=NOW,
    )
    status = fields.pop("status", MarketStatus.RESOLVED)
    return make_reading(name, None, status=status, settlement=settlement, **fields)


@dataclass(slots=True)
class ScriptedGateway:
    """Answers as a test says, and keeps what it was asked."""

    answer: Callable[[Sequence[str]], Batch]
    most_at_once: int = 2
    asked: list[tuple[str, ...]] = field(default_factory=list)
    closed: int = 0

    async def list_markets(
        self, *, query: str = "", limit: int | None = None
    ) -> AsyncIterator[MarketReading]:
        batch = self.answer([])
        for number, reading in enumerate(batch.readings.values()):
            if query in reading.question and (limit is None or number < limit):
                yield reading

    async def fetch_markets(self, external_ids: Sequence[str]) -> Batch:
        self.asked.append(tuple(external_ids))
        return self.answer(external_ids)

    async def aclose(self) -> None:
        self.closed += 1
