"""Settling predictions whose markets ended between two hours."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from apps.markets.pipelines.refresh import Refreshed
from apps.markets.selectors.markets import get_markets
from apps.predictions.pipelines.hourly import look_unannounced
from apps.predictions.selectors.tracks import Scope
from apps.predictions.services.live import announce_looks
from apps.predictions.services.partitions import ensure_partitions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from uuid import UUID

# What was settled before that, an hour's job has met.
LOOKED_BACK = timedelta(hours=3)


def settle_ended(*, clock: Callable[[], datetime]) -> int:
    """Complete the predictions of markets that were found settled lately.

    It is the look of the job, apart from it, at what is stored of these markets: no
    venue is asked. Returns how many predictions it took up; running it again, or while
    the job runs, completes none twice.
    """
    now = clock()
    ensure_partitions(today=now.date())
    scope = Scope(settled_since=now - LOOKED_BACK)
    tally = look_unannounced(scope, clock=clock, refresh=_read_stored)
    found = tally.total.total_processed
    if found:
        announce_looks(None, None)
    return found


def _read_stored(
    market_ids: Sequence[UUID], *, clock: Callable[[], datetime]
) -> Refreshed:
    del clock
    return Refreshed(get_markets(market_ids), {}, fetching_ms=0.0, storing_ms=0.0)
