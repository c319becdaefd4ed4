"""Markets by what people call them: an id, or `venue:external id`."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Q

from apps.markets.models import Market
from apps.markets.selectors.markets import MarketRow, get_markets, read_rows

if TYPE_CHECKING:
    from collections.abc import Iterable


def find_markets(references: Iterable[UUID | str]) -> dict[UUID | str, MarketRow]:
    """Return the markets that these stand for, without those that stand for none.

    A reference is a market's id, or the venue's name, a colon and the id that the
    market has at the venue. It takes two queries however many there are.
    """
    wanted = list(dict.fromkeys(references))
    ids = {one: parsed for one in wanted if (parsed := _read_id(one)) is not None}
    named = [one for one in wanted if isinstance(one, str) and one not in ids]
    by_id = get_markets(set(ids.values())) if ids else {}
    found: dict[UUID | str, MarketRow] = {
        one: by_id[market_id] for one, market_id in ids.items() if market_id in by_id
    }
    return found | _find_named(named)


def _find_named(names: Iterable[str]) -> dict[UUID | str, MarketRow]:
    places: dict[str, list[str]] = defaultdict(list)
    for name in names:
        venue, colon, external_id = name.partition(":")
        # A text with NUL is nobody's name, and no database takes one.
        if colon and "\0" not in name:
            places[venue].append(external_id)
    if not places:
        return {}
    wanted = Q()
    for venue, external_ids in places.items():
        wanted |= Q(venue__name=venue, external_id__in=external_ids)
    rows = read_rows(Market.objects.filter(wanted))
    return {f"{row.venue}:{row.external_id}": row for row in rows}


def _read_id(reference: UUID | str) -> UUID | None:
    if isinstance(reference, UUID):
        return reference
    try:
        return UUID(reference)
    except ValueError:
        return None
