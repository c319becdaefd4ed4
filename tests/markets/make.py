"""Venues and markets as rows, for tests that need some."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from apps.core.partitions import ensure_months, month_of
from apps.markets.domain.markets import Nature, VenueKind
from apps.markets.models import Market, Quote, Venue

NOW = datetime(2026, 11, 24, 12, 30, tzinfo=UTC)


def make_venue(name: str = "polymarket", **fields: Any) -> Venue:
    made, _ = Venue.objects.get_or_create(
        name=name,
        defaults={
            "display_name": name.capitalize(),
            "kind": VenueKind.POLYMARKET.value,
            "nature": Nature.LIVE.value,
            **fields,
        },
    )
    return made


def make_market(
    name: str = "rain", price: str | None = "0.60", **fields: Any
) -> Market:
    """Make an open Yes/No market, a cent wide about its mid."""
    mid = None if price is None else Decimal(price)
    half = Decimal("0.005")
    values = {
        "venue": fields.pop("venue", None) or make_venue(),
        "external_id": name,
        "question": f"Will there be {name}?",
        "outcomes": ["Yes", "No"],
        "tick_size": Decimal("0.01"),
        "fees": {"rate": "0"},
        "mid": mid,
        "bid": None if mid is None else mid - half,
        "ask": None if mid is None else mid + half,
        "quoted_at": None if mid is None else NOW,
        "first_seen_at": NOW,
        "synced_at": NOW,
        **fields,
    }
    return Market.objects.create(**values)


def make_quote(market: Market, price: str, at: datetime, **fields: Any) -> Quote:
    ensure_months("markets_quote", [month_of(at.date())])
    mid, half = Decimal(price), Decimal("0.005")
    values = {
        "source": "gamma",
        "mid": mid,
        "bid": mid - half,
        "ask": mid + half,
        "spread": 2 * half,
        **fields,
    }
    return Quote.objects.create(market=market, observed_at=at, **values)
