"""Lists of markets, and how many stand how."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Count, Q

from apps.core.errors import InvalidInputError, NotFoundError
from apps.markets.domain.markets import MarketStatus, Nature
from apps.markets.models import Market
from apps.markets.selectors.markets import read_rows
from apps.markets.selectors.references import find_markets
from apps.markets.selectors.searching import find_newest, search_markets
from apps.markets.selectors.venues import get_venue, list_played_venues, list_venues

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from apps.markets.selectors.markets import MarketRow

MAX_PAGE = 500
_FRESH = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class MarketPage:
    """Some markets, the newest first; `next_cursor` leads to those that follow."""

    rows: tuple[MarketRow, ...]
    next_cursor: UUID | None


@dataclass(frozen=True, slots=True)
class MarketFilter:
    """Which markets are wanted; what is empty does not matter.

    Those of tapes at rest come only by the name of their venue or event.

    `query` has words, or beginnings of some, that the question and its event must all
    have. `event` is the venue's id of an event.
    """

    venue: str = ""
    status: MarketStatus | None = None
    query: str = ""
    event: str = ""
    nature: Nature | None = None


@dataclass(frozen=True, slots=True)
class MarketCounts:
    """How many markets there are, by status, and by venue of each nature.

    `quoted` are open ones with a quote of the last hour. `is_stand_in` says that no
    live venue has any market: all that is shown comes from a tape or a simulation.
    """

    total: int
    open: int
    quoted: int
    by_status: Mapping[MarketStatus, int] = field(default_factory=dict)
    by_venue: Mapping[str, int] = field(default_factory=dict)
    by_nature: Mapping[Nature, int] = field(default_factory=dict)

    @property
    def is_stand_in(self) -> bool:
        """Whether no live venue has any market here, while another has."""
        return self.total > 0 and not self.by_nature.get(Nature.LIVE)


def list_markets(
    wanted: MarketFilter = MarketFilter(),
    *,
    cursor: UUID | None = None,
    limit: int = 50,
) -> MarketPage:
    """Return a page of markets; `cursor` is a page's `next_cursor`.

    Raises:
        NotFoundError: there is no such venue, or no market that `cursor` names.
    """
    found = _filter(Market.objects.all(), wanted)
    if cursor is not None:
        found = _after(found, cursor)
    limit = max(1, min(limit, MAX_PAGE))
    if wanted.query.strip():
        found = find_newest(found, limit + 1)
    ordered = found.order_by("-first_seen_at", "-id")
    rows = list(read_rows(ordered[: limit + 1]))
    more = len(rows) > limit
    return MarketPage(tuple(rows[:limit]), rows[limit - 1].id if more else None)


def count_matching(wanted: MarketFilter) -> int:
    """Count what `list_markets` lists, page after page.

    Raises:
        NotFoundError: there is no such venue.
    """
    return _filter(Market.objects.all(), wanted).count()


def find_market(name: str) -> MarketRow:
    """Return the market with this id, `venue:id there`, id there or slug.

    Raises:
        NotFoundError: there is none.
        InvalidInputError: several venues have one of that name.
    """
    exact = find_markets([name]).get(name)
    if exact is not None:
        return exact
    named = Q(external_id=name) | Q(slug=name)
    found = list(read_rows(Market.objects.filter(named).order_by("id")[:2]))
    if not found:
        raise NotFoundError(f"There is no market {name!r}.")
    if len(found) > 1:
        ids = " and ".join(str(market.id) for market in found)
        raise InvalidInputError(f"Several markets are named {name!r}, such as {ids}.")
    return found[0]


def count_markets(now: datetime) -> MarketCounts:
    """Count the markets in one pass, those of tapes at rest aside."""
    rows = list(
        Market.objects.order_by()
        .values_list("venue_id", "status")
        .annotate(
            markets=Count("id"),
            quoted=Count(
                "id", filter=Q(quoted_at__gte=now - _FRESH, status=MarketStatus.OPEN)
            ),
        )
    )
    venues = {venue.id: venue for venue in list_played_venues()}
    rows = [row for row in rows if row[0] in venues]
    by_status: dict[MarketStatus, int] = {}
    by_venue = dict.fromkeys(sorted(one.name for one in venues.values()), 0)
    by_nature: dict[Nature, int] = {}
    for venue_id, status, number, _ in rows:
        venue, stands = venues[venue_id], MarketStatus(status)
        by_status[stands] = by_status.get(stands, 0) + number
        by_venue[venue.name] += number
        by_nature[venue.nature] = by_nature.get(venue.nature, 0) + number
    return MarketCounts(
        total=sum(by_status.values()),
        open=by_status.get(MarketStatus.OPEN, 0),
        quoted=sum(quoted for *_, quoted in rows),
        by_status=by_status,
        by_venue=by_venue,
        by_nature=by_nature,
    )


def _filter(found: QuerySet[Market], wanted: MarketFilter) -> QuerySet[Market]:
    if wanted.venue:
        found = found.filter(venue_id=get_venue(wanted.venue).id)
    elif not wanted.event:
        resting = [one.id for one in list_venues() if one.is_at_rest]
        found = found.exclude(venue_id__in=resting) if resting else found
    if wanted.status is not None:
        found = found.filter(status=wanted.status)
    if wanted.event:
        found = found.filter(event_id=wanted.event)
    if wanted.nature is not None:
        found = found.filter(venue__nature=wanted.nature)
    return search_markets(found, wanted.query)


def _after(found: QuerySet[Market], cursor: UUID) -> QuerySet[Market]:
    """Keep what comes after the cursor's market."""
    seen = Market.objects.filter(pk=cursor).values_list("first_seen_at", flat=True)
    anchor = seen.first()
    if anchor is None:
        raise NotFoundError(f"There is no market {cursor} to go on after.")
    return found.filter(
        Q(first_seen_at__lt=anchor) | Q(first_seen_at=anchor, pk__lt=cursor)
    )
