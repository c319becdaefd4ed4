"""Discovering the open markets of venues."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

import structlog

from apps.core.errors import AppError, UpstreamError
from apps.markets.domain.builtin import STAND_IN
from apps.markets.pipelines.gateways import open_gateway
from apps.markets.pipelines.refresh import refresh_markets
from apps.markets.selectors.listing import count_markets
from apps.markets.selectors.overdue import list_overdue, list_watched_to_refresh
from apps.markets.selectors.venues import get_venue, list_played_venues
from apps.markets.services.readings import store_readings
from apps.markets.services.seeking import note_sought
from apps.markets.services.venues import ensure_venue, record_contact

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from datetime import datetime
    from uuid import UUID

    from apps.markets.domain.markets import MarketReading, Nature
    from apps.markets.gateways.base import VenueGateway
    from apps.markets.pipelines.refresh import OpenVenue, Refreshed
    from apps.markets.selectors.venues import VenueRow

logger = structlog.get_logger(__name__)

DEFAULT_LIMIT = 500
# How many markets are taken off a listing before they are stored.
PORTION = 500
# How many markets that nobody lists or watches any more are looked after in an hour.
OVERDUE = 2_000
# The hourly job fetches for itself; in between, a watched market is this old at most.
FRESH_FOR = timedelta(minutes=10)


class SyncStatus(StrEnum):
    """What became of one venue's sync."""

    SYNCED = "synced"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class VenueSync:
    """One venue's sync: what was listed, what of it is new, and what failed."""

    venue: str
    nature: Nature
    status: SyncStatus
    detail: str = ""
    listed: int = 0
    new: tuple[UUID, ...] = ()
    failures: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for; `tell` hears a venue's name and how many it listed so far."""

    clock: Callable[[], datetime]
    query: str = ""
    limit: int | None = DEFAULT_LIMIT
    tell: Callable[[str, int], None] = lambda _venue, _listed: None
    open_venue: OpenVenue = open_gateway


def sync_markets(search: Search, *, venue: str | None = None) -> tuple[VenueSync, ...]:
    """List the open markets of every venue, or of one, and store them.

    Tapes at rest are passed over in silence unless one is named.

    A venue that fails does not hold up the others, and keeps what it had listed by
    then. Must not be called from within a running event loop.

    Raises:
        NotFoundError: no venue has that name.
    """
    rows = list_played_venues() if venue is None else (get_venue(venue),)
    return tuple(_sync_venue(row, search) for row in rows)


def sync_installation(search: Search) -> tuple[VenueSync, ...]:
    """Do what is due every hour: discover markets, and look after forgotten ones.

    Where no live venue answers and none ever did, the simulation stands in for them.
    """
    syncs = sync_markets(search)
    if not count_markets(search.clock()).total:
        ensure_venue(STAND_IN, now=search.clock())
        logger.warning("simulation_stands_in", venue=STAND_IN.name)
        syncs += sync_markets(search, venue=STAND_IN.name)
    seek_overdue(search)
    return syncs


def seek_overdue(search: Search, *, limit: int = OVERDUE) -> int:
    """Ask for markets that no listing brings any more; return for how many.

    Watched ones first, and portion by portion: each is noted before it is asked for, so
    that one that fails does not have the turn of others the next time.
    """
    overdue = list_overdue(now=search.clock(), limit=limit)
    for start in range(0, len(overdue), PORTION):
        portion = overdue[start : start + PORTION]
        note_sought(market_ids=portion, now=search.clock())
        refresh_markets(portion, clock=search.clock, open_venue=search.open_venue)
    return len(overdue)


def refresh_watched(
    *, clock: Callable[[], datetime], fresh_for: timedelta = FRESH_FOR
) -> Refreshed:
    """Fetch the watched markets that nobody has fetched for a while."""
    due = list_watched_to_refresh(now=clock(), fresh_for=fresh_for)
    return refresh_markets(due, clock=clock)


def _sync_venue(row: VenueRow, search: Search) -> VenueSync:
    sync = VenueSync(row.name, row.nature, SyncStatus.SYNCED)
    if not row.is_active:
        return replace(sync, status=SyncStatus.SKIPPED, detail="it is switched off")
    try:
        gateway = search.open_venue(row, clock=search.clock)
        sync = _read_all(row, gateway, search, sync)
    except AppError as error:
        detail = " ".join(str(error).split())
        sync = replace(sync, status=SyncStatus.FAILED, detail=detail)
    record_contact(venue_id=row.id, failure=sync.detail, now=search.clock())
    logger.info(
        "markets_synced",
        venue=row.name,
        status=sync.status.value,
        listed=sync.listed,
        new=len(sync.new),
        failed=len(sync.failures),
    )
    return sync


def _read_all(
    row: VenueRow, gateway: VenueGateway, search: Search, sync: VenueSync
) -> VenueSync:
    """Store a listing portion by portion, outside of the loop that reads it."""
    error = None
    with asyncio.Runner() as runner:
        listing = gateway.list_markets(query=search.query, limit=search.limit)
        is_over = False
        while not is_over:
            portion, is_over, error = runner.run(_take_portion(listing))
            stored = store_readings(
                venue_id=row.id, readings=portion, now=search.clock()
            )
            sync = replace(
                sync,
                listed=sync.listed + len(portion),
                new=(*sync.new, *stored.new),
                failures={**sync.failures, **stored.failures},
            )
            search.tell(row.name, sync.listed)
        runner.run(gateway.aclose())
    if error is None:
        return sync
    detail = " ".join(str(error).split())
    return replace(sync, status=SyncStatus.FAILED, detail=detail)


async def _take_portion(
    listing: AsyncIterator[MarketReading],
) -> tuple[list[MarketReading], bool, UpstreamError | None]:
    """Return what is listed next, whether that is all, and why where it is not."""
    taken: list[MarketReading] = []
    try:
        async for reading in listing:
            taken.append(reading)
            if len(taken) == PORTION:
                return taken, False, None
    except UpstreamError as error:
        return taken, True, error
    return taken, True, None
