"""What a new installation is given of markets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from apps.core.jobs import enqueue
from apps.markets.models import Market
from apps.markets.services.partitions import ensure_partitions
from apps.markets.services.venues import load_venues

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class MarketsLoad:
    """Which venues were missing, and whether their first sync was begun."""

    venues: tuple[str, ...]
    sync_begun: bool


def prepare_markets(*, now: datetime) -> MarketsLoad:
    """Add the venues that are missing, and begin the first sync where there is need.

    Months ahead are made as well, since the job for them comes only after a day.
    """
    ensure_partitions(today=now.date())
    venues = load_venues(now=now)
    is_empty = not Market.objects.exists()
    if is_empty:
        enqueue("markets.sync")
    return MarketsLoad(venues, is_empty)
