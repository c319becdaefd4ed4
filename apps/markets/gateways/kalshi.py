"""Kalshi: public reads, which need no key.

Limit: 20 reads a second without an account. Markets that ended long ago are under
`/historical`. Fees stand in a series, which a listing asks for once each.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import structlog

from apps.core.errors import UpstreamError
from apps.markets.domain.kalshi import read_market
from apps.markets.domain.kalshi_fees import read_fees
from apps.markets.domain.markets import Batch, MarketReading, MarketStatus
from apps.markets.domain.payloads import (
    PayloadError,
    read_list,
    read_object,
    read_text,
)
from apps.markets.gateways.answers import JsonClient
from apps.markets.gateways.kalshi_series import SeriesShelf

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence
    from datetime import datetime

    import httpx2

    from apps.markets.domain.quotes import Seen
    from apps.markets.gateways.answers import Answer

    Payload = Mapping[str, object]

KALSHI_URL = "https://external-api.kalshi.com/trade-api/v2"
_EVENTS_PAGE = 200
_UNKNOWN = "Kalshi knows no market of this ticker"

logger = structlog.get_logger(__name__)


class KalshiGateway:
    """Markets by their ticker."""

    most_at_once = 100

    def __init__(
        self,
        client: httpx2.AsyncClient,
        *,
        base_url: str = KALSHI_URL,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        """Take over `client`."""
        self._client = client
        self._http = JsonClient("Kalshi", base_url, client, clock)

    async def list_markets(
        self, *, query: str = "", limit: int | None = None
    ) -> AsyncIterator[MarketReading]:
        """Yield open markets with their events, in Kalshi's order.

        Kalshi searches nothing: a query keeps the markets whose question or event has
        all of its words. What cannot be read is left out.

        Raises:
            UpstreamError: Kalshi failed; what was yielded before holds.
        """
        words = query.lower().split()
        count = 0
        if limit is not None and limit < 1:
            return
        shelf = SeriesShelf(self._http)
        async for raw, event, seen in self._list_raw():
            try:
                reading = read_market(raw, seen, event=event)
            except PayloadError as error:
                logger.info("market_unreadable", venue="kalshi", reason=str(error))
                continue
            text = f"{reading.question} {reading.event_title}".lower()
            if reading.status is MarketStatus.OPEN and all(w in text for w in words):
                count += 1
                yield await _with_fees(reading, raw, event, seen, shelf)
                if count == limit:
                    return

    async def fetch_markets(self, external_ids: Sequence[str]) -> Batch:
        """Return these markets, from the living and then from the historical ones.

        What is known of their events, and the fees with it, only a listing tells.

        Raises:
            UpstreamError: Kalshi failed as a whole.
            ValueError: more than `most_at_once` were asked for.
        """
        if len(external_ids) > self.most_at_once:
            raise ValueError(f"at most {self.most_at_once} markets at once")
        readings: dict[str, MarketReading] = {}
        failures: dict[str, str] = {}
        missing = dict.fromkeys(external_ids)
        answer = await self._http.get("/markets", _name_tickers(missing))
        _sort_in(answer, missing, readings, failures)
        why = await self._look_back(missing, readings, failures) if missing else ""
        failures |= dict.fromkeys(missing, why or _UNKNOWN)
        return Batch(readings, failures)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _look_back(
        self,
        missing: dict[str, None],
        readings: dict[str, MarketReading],
        failures: dict[str, str],
    ) -> str:
        """Look into history; where it fails, return why, and take no others down."""
        try:
            past = await self._http.find("/historical/markets", _name_tickers(missing))
            if past is not None:
                _sort_in(past, missing, readings, failures)
        except UpstreamError as error:
            logger.warning("history_failed", venue="kalshi", reason=str(error))
            return str(error)
        return ""

    async def _list_raw(self) -> AsyncIterator[tuple[Payload, Payload, Seen]]:
        cursor = ""
        while True:
            params = [
                ("status", "open"),
                ("with_nested_markets", "true"),
                ("limit", str(_EVENTS_PAGE)),
            ]
            after = [("cursor", cursor)] if cursor else []
            answer = await self._http.get("/events", [*params, *after])
            try:
                for entry in answer.as_list("events"):
                    event = read_object(entry, "an event")
                    for raw in read_list(event, "markets"):
                        yield read_object(raw, "a market"), event, answer.seen
                following = read_text(answer.as_object(), "cursor")
            except PayloadError as error:
                raise answer.refuse(str(error)) from error
            if not following:
                return
            if following == cursor:
                raise answer.refuse("the page repeats itself")
            cursor = following


async def _with_fees(
    reading: MarketReading, raw: Payload, event: Payload, seen: Seen, shelf: SeriesShelf
) -> MarketReading:
    """Return a market with its fees, or without them where they cannot be read."""
    try:
        series = await shelf.find(read_text(event, "series_ticker"))
        fees = None if series is None else read_fees(series, event, raw, seen)
    except PayloadError as error:
        reason = f"{reading.external_id}: {error}"
        logger.warning("fees_unreadable", venue="kalshi", reason=reason)
        return reading
    return replace(reading, fees=fees)


def _name_tickers(tickers: Mapping[str, None]) -> list[tuple[str, str]]:
    return [("tickers", ",".join(tickers)), ("limit", "1000")]


def _sort_in(
    answer: Answer,
    missing: dict[str, None],
    readings: dict[str, MarketReading],
    failures: dict[str, str],
) -> None:
    """Put the markets that were asked for where they belong, and ignore others."""
    for entry in answer.as_list("markets"):
        try:
            raw = read_object(entry, "an entry")
            ticker = read_text(raw, "ticker")
        except PayloadError as error:
            raise answer.refuse(str(error)) from error
        if ticker not in missing:
            continue
        del missing[ticker]
        try:
            readings[ticker] = read_market(raw, answer.seen)
        except PayloadError as error:
            failures[ticker] = str(error)
