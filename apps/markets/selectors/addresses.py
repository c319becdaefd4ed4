"""Where markets are found: their venues, and their ids there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import connection

from apps.markets.selectors.venues import list_venues

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from uuid import UUID

    from apps.markets.selectors.venues import VenueRow

_SELECT = """
SELECT venue_id, external_id, id FROM markets_market
WHERE id = ANY(%s) ORDER BY venue_id, id
"""


@dataclass(frozen=True, slots=True)
class VenueMarkets:
    """Markets of one venue: our ids by the venue's."""

    venue: VenueRow
    ids: Mapping[str, UUID]


def find_addresses(market_ids: Iterable[UUID]) -> tuple[VenueMarkets, ...]:
    """Return the markets of these ids by venue, without those that do not exist."""
    with connection.cursor() as cursor:
        cursor.execute(_SELECT, [list(market_ids)])
        found: dict[UUID, dict[str, UUID]] = {}
        for venue_id, external_id, market_id in cursor.fetchall():
            found.setdefault(venue_id, {})[external_id] = market_id
    return tuple(
        VenueMarkets(venue, found[venue.id])
        for venue in list_venues()
        if venue.id in found
    )
