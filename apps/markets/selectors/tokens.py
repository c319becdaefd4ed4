"""What a stream of a venue calls its markets."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from apps.markets.domain.markets import MarketStatus, VenueKind
from apps.markets.models import Market
from apps.markets.selectors.venues import to_venue_row

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from uuid import UUID

    from apps.markets.selectors.venues import VenueRow


@dataclass(frozen=True, slots=True)
class VenueTokens:
    """Markets of one venue by the token of their first outcome."""

    venue: VenueRow
    market_ids: Mapping[str, UUID]


def find_tokens(market_ids: Iterable[UUID]) -> tuple[VenueTokens, ...]:
    """Return those of these markets that can be followed, by venue.

    They are open, have tokens, and their venue is switched on and has a stream.
    """
    found: dict[UUID, dict[str, UUID]] = defaultdict(dict)
    venues: dict[UUID, VenueRow] = {}
    for market in Market.objects.select_related("venue").filter(
        pk__in=list(market_ids),
        status=MarketStatus.OPEN.value,
        token_ids__len__gt=0,
        venue__is_active=True,
        venue__kind=VenueKind.POLYMARKET.value,
    ):
        venues[market.venue_id] = to_venue_row(market.venue)
        found[market.venue_id][market.token_ids[0]] = market.pk
    return tuple(VenueTokens(venues[one], tokens) for one, tokens in found.items())
