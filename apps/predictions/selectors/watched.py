"""Which markets predictions need prices of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.predictions.domain.words import BenchmarkStatus
from apps.predictions.selectors.hourly import get_hourly

if TYPE_CHECKING:
    from uuid import UUID


def list_watched_markets() -> set[UUID]:
    """Return the markets of all predictions that are not over, paused ones too."""
    open_ones = get_hourly().exclude(benchmark_status=BenchmarkStatus.COMPLETED.value)
    return set(open_ones.values_list("market_id", flat=True).distinct())
