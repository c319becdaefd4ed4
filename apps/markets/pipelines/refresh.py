"""Fetching markets anew: each once, in batches, and what fails fails alone."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from apps.core.errors import AppError
from apps.markets.pipelines.fetching import Fetcher, Pace
from apps.markets.pipelines.gateways import open_gateway
from apps.markets.selectors.addresses import find_addresses
from apps.markets.selectors.markets import get_markets
from apps.markets.services.readings import store_readings
from apps.markets.services.venues import record_contact

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from apps.markets.domain.markets import MarketReading
    from apps.markets.gateways.base import VenueGateway
    from apps.markets.selectors.addresses import VenueMarkets
    from apps.markets.selectors.markets import MarketRow
    from apps.markets.selectors.venues import VenueRow

OpenVenue = Callable[..., "VenueGateway"]

# What one transaction stores.
CHUNK = 5_000

DEFAULT_PACE = Pace()


@dataclass(frozen=True, slots=True)
class Fetched:
    """What one venue said; `failure` is what failed as a whole, or ""."""

    venue: VenueRow
    readings: dict[str, MarketReading]
    failures: dict[str, str]
    failure: str


@dataclass(frozen=True, slots=True)
class Refreshed:
    """Every market that was asked for: its fresh row, or why there is none."""

    rows: dict[UUID, MarketRow]
    failures: dict[UUID, str]
    fetching_ms: float
    storing_ms: float


@dataclass(frozen=True, slots=True)
class Heard:
    """What venues said of the markets that were asked for; nothing is stored yet."""

    parts: tuple[tuple[VenueMarkets, Fetched], ...]
    failures: dict[UUID, str]
    fetching_ms: float

    def store(self, clock: Callable[[], datetime]) -> Refreshed:
        """Store it in transactions of `CHUNK` markets, and return the fresh rows."""
        began = time.perf_counter()
        failures = dict(self.failures)
        stored: list[UUID] = []
        for part, fetched in self.parts:
            refused = _store(fetched, clock)
            for external_id, market_id in part.ids.items():
                if external_id in refused:
                    failures[market_id] = refused[external_id]
                else:
                    stored.append(market_id)
        rows = get_markets(stored)
        return Refreshed(
            rows=rows,
            failures={one: why for one, why in failures.items() if one not in rows},
            fetching_ms=self.fetching_ms,
            storing_ms=(time.perf_counter() - began) * 1000,
        )


def refresh_markets(
    market_ids: Sequence[UUID],
    *,
    clock: Callable[[], datetime],
    pace: Pace = DEFAULT_PACE,
    open_venue: OpenVenue = open_gateway,
) -> Refreshed:
    """Fetch these markets and store what their venues say of them.

    Each is fetched once, in batches as large as its venue takes, a few at a time. A
    batch that fails is tried again with growing pauses; a market or batch that fails
    for good fails alone. What was read is stored in transactions of `CHUNK` markets.
    Must not be called from within a running event loop.
    """
    heard = hear_markets(market_ids, clock=clock, pace=pace, open_venue=open_venue)
    return heard.store(clock)


def hear_markets(
    market_ids: Sequence[UUID],
    *,
    clock: Callable[[], datetime],
    pace: Pace = DEFAULT_PACE,
    open_venue: OpenVenue = open_gateway,
) -> Heard:
    """Fetch these markets as `refresh_markets` does, and store nothing."""
    wanted = dict.fromkeys(market_ids)
    failures = {one: f"There is no market {one}." for one in wanted}
    started = time.perf_counter()
    parts = find_addresses(wanted)
    asked = [part for part in parts if part.venue.is_active]
    opened = [_open(part, clock, open_venue) for part in asked]
    fetched = asyncio.run(_fetch_all(opened, pace))
    for part in parts:
        off = f"Venue {part.venue.name} is switched off."
        failures |= dict.fromkeys(part.ids.values(), off)
    return Heard(
        parts=tuple(zip(asked, fetched, strict=True)),
        failures=failures,
        fetching_ms=(time.perf_counter() - started) * 1000,
    )


def _open(
    part: VenueMarkets, clock: Callable[[], datetime], open_venue: OpenVenue
) -> tuple[VenueMarkets, VenueGateway | str]:
    """Return a venue's gateway, or why there is none; a tape is read from its table."""
    try:
        return part, open_venue(part.venue, clock=clock)
    except AppError as error:
        return part, str(error)


async def _fetch_all(
    opened: Sequence[tuple[VenueMarkets, VenueGateway | str]], pace: Pace
) -> list[Fetched]:
    """Ask all venues at the same time."""
    return await asyncio.gather(
        *(_fetch_venue(part, gateway, pace) for part, gateway in opened)
    )


async def _fetch_venue(
    part: VenueMarkets, gateway: VenueGateway | str, pace: Pace
) -> Fetched:
    if isinstance(gateway, str):
        return Fetched(part.venue, {}, dict.fromkeys(part.ids, gateway), gateway)
    is_failing = bool(part.venue.failure)
    fetcher = Fetcher(part.venue.name, pace.shortened() if is_failing else pace)
    try:
        batch = await fetcher.fetch(gateway, list(part.ids))
    finally:
        await gateway.aclose()
    return Fetched(part.venue, batch.readings, batch.failures, fetcher.failure)


def _store(fetched: Fetched, clock: Callable[[], datetime]) -> dict[str, str]:
    """Store what was read, and return by external id what failed before or now."""
    failures = dict(fetched.failures)
    readings = list(fetched.readings.values())
    for start in range(0, len(readings), CHUNK):
        stored = store_readings(
            venue_id=fetched.venue.id,
            readings=readings[start : start + CHUNK],
            now=clock(),
        )
        failures |= stored.failures
    record_contact(venue_id=fetched.venue.id, failure=fetched.failure, now=clock())
    return failures
