"""Markets as JSON and as lines."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from apps.core.web.twins import decimal_text, plain
from apps.markets.management.arguments import shorten

if TYPE_CHECKING:
    from decimal import Decimal

    from apps.markets.selectors.markets import MarketRow


def to_json(row: MarketRow) -> dict[str, object]:
    """Return all of a market; prices as decimal text, flags by name."""
    told = asdict(row) | {
        "flags": row.flags.words,
        "price": row.price,
        "is_stand_in": row.is_stand_in,
    }
    return {name: plain(value) for name, value in told.items()}


def to_line(row: MarketRow) -> str:
    """Return a market in one line, with where its price comes from if not live."""
    label = f" ({row.nature.value})" if row.is_stand_in else ""
    price = price_text(row.price)
    return f"{row.id} {row.venue}{label} {row.status} {price} {shorten(row.question)}"


def price_text(price: Decimal | None) -> str:
    """Return a price, or a dash where there is none."""
    return "-" if price is None else decimal_text(price)
