"""How far back quotes are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

from apps.core.partitions import months_back
from apps.markets.domain.markets import Nature

if TYPE_CHECKING:
    from datetime import date

    from apps.markets.selectors.markets import MarketRow


def find_first_kept(market: MarketRow, today: date) -> date | None:
    """Return the first day of which a market's quotes are kept; None is all of them."""
    if not settings.QUOTE_MONTHS or market.nature is Nature.RECORDED:
        return None
    first = months_back(today, settings.QUOTE_MONTHS)
    return first if market.first_seen_at.date() < first else None
