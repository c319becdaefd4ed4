"""Looking at markets anew before predictions are recorded beside their prices."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from apps.core.backoff import RetryPolicy
from apps.markets.domain.markets import MarketStatus, Nature
from apps.markets.pipelines.fetching import Pace
from apps.markets.pipelines.refresh import refresh_markets
from apps.markets.selectors.references import find_markets
from apps.predictions.domain.entries import MOST_ENTRIES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime
    from uuid import UUID

    from apps.markets.selectors.markets import MarketRow

# Whoever sends what the market says now would gain on a price that is older.
FRESHEN_AFTER = timedelta(minutes=1)
# Somebody waits for the answer.
BRIEF = Pace(
    attempt_seconds=8.0,
    total_seconds=20.0,
    gives_up_after=1,
    policy=RetryPolicy(
        base_seconds=0.2, cap_seconds=1.0, max_retries=1, max_total_seconds=10.0
    ),
)


def freshen_markets(
    references: Iterable[UUID | str],
    *,
    clock: Callable[[], datetime],
    pace: Pace = BRIEF,
) -> None:
    """Fetch those of these open markets whose price is older than a minute.

    A venue that does not answer leaves the price that is known; whether it is too old
    is said when the prediction is recorded. Not for use within a transaction, which
    would wait for the venue, nor where a price is to be of another time than now.
    """
    old: set[UUID] = set()
    wanted = list(dict.fromkeys(references))
    for first in range(0, len(wanted), MOST_ENTRIES):
        rows = find_markets(wanted[first : first + MOST_ENTRIES]).values()
        old |= {row.id for row in rows if _is_old(row, clock())}
    if old:
        refresh_markets(sorted(old), clock=clock, pace=pace)


def _is_old(row: MarketRow, now: datetime) -> bool:
    # An entry of a recording stands until the next one, however long that takes.
    is_recorded = row.nature is Nature.RECORDED
    seen_at = row.synced_at if is_recorded else row.quoted_at
    is_known = seen_at is not None and seen_at >= now - FRESHEN_AFTER
    return row.status is MarketStatus.OPEN and not is_known
