"""Following watched markets by their venue's stream, between the hours.

A quote is stored at most once a pause for each market, and only where its sides have
changed: a busy market moves many times a second. That a market was resolved has it
fetched at once, since a stream's word is no settlement.
"""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Self

import structlog

from apps.core.heartbeats import Kind
from apps.core.reporter import Reporter
from apps.markets.domain.markets import (
    NO_FLAGS,
    MarketReading,
    MarketStatus,
    QuoteFlag,
    QuoteReading,
)
from apps.markets.domain.polymarket_stream import QuoteHint, ResolutionHint
from apps.markets.gateways.polymarket_stream import STREAM_URL, PolymarketStream
from apps.markets.pipelines.gateways import read_addresses
from apps.markets.pipelines.refresh import refresh_markets
from apps.markets.registry import list_watched
from apps.markets.selectors.markets import get_markets
from apps.markets.selectors.tokens import find_tokens
from apps.markets.services.readings import store_quotes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from apps.markets.domain.polymarket_stream import Hint
    from apps.markets.selectors.markets import MarketRow
    from apps.markets.selectors.tokens import VenueTokens
    from apps.markets.selectors.venues import VenueRow

    Clock = Callable[[], datetime]
    Watch = Callable[[], Iterable[UUID]]

PAUSE_SECONDS = 60.0
# After so long the markets that are watched by then are followed.
SPAN_SECONDS = 300.0

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Followed:
    """How many markets were followed, and what came of it."""

    markets: int = 0
    quotes: int = 0
    resolutions: int = 0


def keep_following(
    *,
    seconds: float | None,
    clock: Clock,
    span_seconds: float = SPAN_SECONDS,
    watch: Watch = list_watched,
) -> Followed:
    """Follow what is watched, span after span; for ever where `seconds` is None.

    Reports meanwhile that it lives. Returns the markets of the last span, and the
    quotes and resolutions of all.
    """
    total, ticks = Followed(), _Ticks(clock)
    ends_at = None if seconds is None else time.monotonic() + seconds
    reporter = Reporter(Kind.FOLLOWER, f"follower@{socket.gethostname()}", ticks.facts)
    reporter.start()
    try:
        while ends_at is None or time.monotonic() < ends_at:
            left = span_seconds if ends_at is None else ends_at - time.monotonic()
            span = follow_markets(
                seconds=min(span_seconds, left), clock=clock, watch=watch, tick=ticks
            )
            logger.info("markets_followed", **asdict(span))
            total = Followed(
                markets=span.markets,
                quotes=total.quotes + span.quotes,
                resolutions=total.resolutions + span.resolutions,
            )
    finally:
        reporter.stop()
    return total


class _Ticks:
    """When the follower last had stored all that it had heard."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self()

    def __call__(self) -> None:
        self._ticked_at = self._clock()

    def facts(self) -> Mapping[str, object]:
        return {"ticked_at": self._ticked_at.isoformat()}


def follow_markets(
    *,
    seconds: float,
    clock: Clock,
    pause_seconds: float = PAUSE_SECONDS,
    watch: Watch = list_watched,
    tick: Callable[[], None] = lambda: None,
) -> Followed:
    """Follow the markets that are watched now, for so many seconds.

    Whoever calls it again follows what is watched by then. `tick` is called whenever
    all that was heard is stored. Must not be called from within a running event loop.
    """
    parts = find_tokens(watch())
    followed = Followed(markets=sum(len(part.market_ids) for part in parts))
    ends_at = time.monotonic() + seconds
    with ExitStack() as stack:
        heard = [
            (part, stack.enter_context(_Listener(open_stream(part.venue, clock), part)))
            for part in parts
        ]
        while (left := ends_at - time.monotonic()) > 0:
            time.sleep(min(pause_seconds, left))
            for part, listener in heard:
                quotes, resolved = listener.take()
                stored = _store(part.venue, quotes, clock)
                if resolved:
                    refresh_markets(resolved, clock=clock)
                followed = replace(
                    followed,
                    quotes=followed.quotes + stored,
                    resolutions=followed.resolutions + len(resolved),
                )
            tick()
    return followed


def open_stream(venue: VenueRow, clock: Clock) -> PolymarketStream:
    """Return the stream of a venue, which opens nothing yet."""
    url = read_addresses(venue).get("stream", STREAM_URL)
    return PolymarketStream(url=url, clock=clock)


class _Listener:
    """Listens in a thread of its own, and keeps the newest that was said."""

    def __init__(self, stream: PolymarketStream, part: VenueTokens) -> None:
        self._stream = stream
        self._part = part
        self._quotes: dict[UUID, QuoteReading] = {}
        self._resolved: dict[UUID, None] = {}
        self._lock = threading.Lock()
        self._loop = asyncio.new_event_loop()
        self._task = self._loop.create_task(self._listen())
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join()
        self._loop.close()

    def take(self) -> tuple[dict[UUID, QuoteReading], Sequence[UUID]]:
        """Return what was said since it was taken last: quotes, and what ended."""
        with self._lock:
            quotes, resolved = self._quotes, self._resolved
            self._quotes, self._resolved = {}, {}
        return quotes, tuple(resolved)

    def _run(self) -> None:
        with suppress(asyncio.CancelledError):
            self._loop.run_until_complete(self._task)
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())

    async def _listen(self) -> None:
        async for hint in self._stream.follow(list(self._part.market_ids)):
            with self._lock:
                self._keep(hint)

    def _keep(self, hint: Hint) -> None:
        ids = self._part.market_ids
        if isinstance(hint, QuoteHint):
            self._quotes[ids[hint.token_id]] = hint.quote
        elif isinstance(hint, ResolutionHint):
            known = (ids[token] for token in hint.token_ids if token in ids)
            self._resolved |= dict.fromkeys(known)


def _store(venue: VenueRow, quotes: dict[UUID, QuoteReading], clock: Clock) -> int:
    """Store the quotes whose sides are not those that the market has; return how many.

    A market that was closed meanwhile is left alone, and what else is known of it
    stays: it falls due for its venue's own word as if nobody followed it.
    """
    rows = get_markets(quotes)
    readings = [
        _make_reading(row, quotes[market_id], clock())
        for market_id, row in rows.items()
        if row.status is MarketStatus.OPEN and _has_moved(row, quotes[market_id])
    ]
    stored = store_quotes(venue_id=venue.id, readings=readings, now=clock())
    for external_id, reason in stored.failures.items():
        logger.warning("quote_refused", external_id=external_id, reason=reason)
    return stored.quotes


def _has_moved(row: MarketRow, quote: QuoteReading) -> bool:
    return (row.bid, row.ask) != (quote.bid, quote.ask)


def _make_reading(row: MarketRow, quote: QuoteReading, now: datetime) -> MarketReading:
    """Return a reading that says of the market what is known, and a new quote."""
    is_past = row.ends_at is not None and row.ends_at < now
    late = QuoteFlag.PAST_END_DATE if is_past else NO_FLAGS
    last = row.last if quote.last is None else quote.last
    return MarketReading(
        external_id=row.external_id,
        question=row.question,
        outcomes=row.outcomes,
        status=row.status,
        quote=replace(quote, last=last, flags=quote.flags | late),
    )
