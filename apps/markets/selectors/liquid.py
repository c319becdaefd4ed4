"""Open markets with a price that can be used, those first where most is at stake."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import F, Q

from apps.markets.domain.markets import UNUSABLE, MarketStatus
from apps.markets.models import Market
from apps.markets.selectors.markets import read_rows
from apps.markets.selectors.searching import search_markets
from apps.markets.selectors.venues import get_venue

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from apps.markets.selectors.markets import MarketRow


def list_liquid_markets(
    *,
    now: datetime,
    query: str = "",
    venue: str = "",
    limit: int = 20,
    per_event: int | None = None,
) -> tuple[MarketRow, ...]:
    """Return open markets that somebody can predict, the most liquid first.

    Args:
        now: markets whose expected end has passed are left out.
        query: words, or beginnings of some, that question and event must all have.
        venue: only this venue's.
        limit: how many at most.
        per_event: how many of one event at most; as many as there are without it.

    Raises:
        NotFoundError: there is no such venue.
    """
    found = Market.objects.filter(
        Q(ends_at__isnull=True) | Q(ends_at__gt=now),
        status=MarketStatus.OPEN.value,
        venue__is_active=True,
        mid__isnull=False,
    )
    if venue:
        found = found.filter(venue_id=get_venue(venue).id)
    found = search_markets(found, query)
    found = found.annotate(bad=F("flags").bitand(int(UNUSABLE))).filter(bad=0)
    ordered = found.order_by(F("liquidity").desc(nulls_last=True), "-id")
    chosen: list[MarketRow] = []
    taken: dict[UUID | str, int] = {}
    for row in read_rows(ordered[: limit if per_event is None else 20 * limit]):
        if per_event is not None and taken.get(row.cluster, 0) >= per_event:
            continue
        taken[row.cluster] = taken.get(row.cluster, 0) + 1
        chosen.append(row)
        if len(chosen) == limit:
            break
    return tuple(chosen)
