"""Reading what addresses of markets ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.core.web.queries import read_choice, read_id, read_number
from apps.markets.domain.markets import MarketStatus, Nature
from apps.markets.selectors.listing import MarketFilter, MarketPage, list_markets

if TYPE_CHECKING:
    from django.http import HttpRequest

    from apps.markets.selectors.venues import VenueRow

LONGEST_QUERY = 100
STATUSES = tuple(status.value for status in MarketStatus)
NATURES = tuple(nature.value for nature in Nature)


def read_markets(
    request: HttpRequest, venues: tuple[VenueRow, ...], *, default: int, most: int
) -> MarketPage:
    """Return the page of markets that the address asks for.

    Raises:
        InvalidInputError: it asks for an unknown venue, status or nature.
        NotFoundError: it goes on after a market that there is not.
    """
    limit = read_number(request, "limit", default, low=1, high=most)
    wanted = read_filter(request, venues)
    return list_markets(wanted, cursor=read_id(request, "cursor"), limit=limit)


def read_filter(request: HttpRequest, venues: tuple[VenueRow, ...]) -> MarketFilter:
    """Return which markets the address asks for.

    Raises:
        InvalidInputError: it asks for an unknown venue, status or nature.
    """
    status = read_choice(request, "status", STATUSES, "")
    nature = read_choice(request, "nature", NATURES, "")
    return MarketFilter(
        venue=read_choice(request, "venue", [one.name for one in venues], ""),
        status=MarketStatus(status) if status else None,
        query=request.GET.get("q", "").strip()[:LONGEST_QUERY],
        event=request.GET.get("event", "")[:200],
        nature=Nature(nature) if nature else None,
    )
