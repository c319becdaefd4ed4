"""Polymarket: markets from Gamma, prices and ends made sure at the order book.

Limits of Gamma, per ten seconds: 4,000 in all, 300 for markets, 500 for events. A page
has at most 100 markets, and as many can be named in one request.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import structlog

from apps.core.errors import UpstreamError
from apps.markets.domain.markets import Batch, MarketReading, MarketStatus, QuoteFlag
from apps.markets.domain.payloads import (
    PayloadError,
    read_flag,
    read_list,
    read_object,
    read_text,
)
from apps.markets.domain.polymarket import (
    apply_resolution,
    confirm_quote,
    needs_second_look,
    read_book,
    read_market,
    rest_fraction,
    with_settlement,
)
from apps.markets.domain.resolution import settle_by_winners
from apps.markets.gateways.answers import JsonClient

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence
    from datetime import datetime

    import httpx2

    from apps.markets.domain.markets import QuoteReading, SettlementReading
    from apps.markets.domain.quotes import Seen
    from apps.markets.gateways.answers import Answer
    from apps.markets.gateways.polymarket_clob import ClobApi, DataApi

    Payload = Mapping[str, object]
    Found = tuple[Payload, Payload | None, Seen]

GAMMA_URL = "https://gamma-api.polymarket.com"
PAGE = 100
_SEARCH_PAGE = 50
_UNKNOWN = "Polymarket knows no market of this id"

logger = structlog.get_logger(__name__)


class PolymarketGateway:
    """Markets by their condition id."""

    most_at_once = PAGE

    def __init__(
        self,
        client: httpx2.AsyncClient,
        *,
        clob: ClobApi,
        data: DataApi,
        base_url: str = GAMMA_URL,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        """Take over `client`; `clob` and `data` may share it."""
        self._client = client
        self._gamma = JsonClient("Polymarket Gamma", base_url, client, clock)
        self._clob = clob
        self._data = data

    async def list_markets(
        self, *, query: str = "", limit: int | None = None
    ) -> AsyncIterator[MarketReading]:
        """Yield open markets, the most liquid first, or those that a query finds.

        What cannot be read is left out.

        Raises:
            UpstreamError: Gamma failed; what was yielded before holds.
        """
        pages = self._search(query) if query else self._page(_NEWS)
        known = set[str]()
        if limit is not None and limit < 1:
            return
        async for raw, event, seen in pages:
            try:
                reading = read_market(raw, seen, event=event)
            except PayloadError as error:
                logger.info("market_unreadable", venue="polymarket", reason=str(error))
                continue
            if reading.status is MarketStatus.OPEN and reading.external_id not in known:
                known.add(reading.external_id)
                yield reading
                if len(known) == limit:
                    return

    async def fetch_markets(self, external_ids: Sequence[str]) -> Batch:
        """Return these markets; open ones first, since Gamma hides the closed ones.

        Raises:
            UpstreamError: Gamma failed as a whole.
            ValueError: more than `most_at_once` were asked for.
        """
        if len(external_ids) > self.most_at_once:
            raise ValueError(f"at most {self.most_at_once} markets at once")
        readings: dict[str, MarketReading] = {}
        failures: dict[str, str] = {}
        missing = dict.fromkeys(external_ids)
        for closed in ("false", "true"):
            if not missing:
                break
            params = [("condition_ids", one) for one in missing]
            async for raw, _, seen in self._page([*params, ("closed", closed)]):
                _sort_in(raw, seen, missing, readings, failures)
        failures |= dict.fromkeys(missing, _UNKNOWN)
        await self._settle(readings)
        await self._sharpen(readings)
        return Batch(readings, failures)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _page(self, params: Sequence[tuple[str, str]]) -> AsyncIterator[Found]:
        """Yield raw markets, page after page.

        The cursor goes back as `after_cursor`: under any other name it is ignored, and
        the first page comes again.
        """
        cursor = ""
        while True:
            after = [("after_cursor", cursor)] if cursor else []
            answer = await self._gamma.get(
                "/markets/keyset", [*params, ("limit", str(PAGE)), *after]
            )
            answer.as_list("markets")  # one without them says nothing of any
            for raw in _objects(answer, answer.as_object(), "markets"):
                yield raw, None, answer.seen
            following = _read_cursor(answer)
            if not following:
                return
            if following == cursor:
                raise answer.refuse("the page repeats itself")
            cursor = following

    async def _search(self, query: str) -> AsyncIterator[Found]:
        number = 0
        more = True
        while more:
            number += 1
            answer = await self._gamma.get(
                "/public-search",
                [
                    ("q", query),
                    ("events_status", "active"),
                    ("limit_per_type", str(_SEARCH_PAGE)),
                    ("page", str(number)),
                ],
            )
            events = _objects(answer, answer.as_object(), "events")
            for event in events:
                for raw in _objects(answer, event, "markets"):
                    yield raw, event, answer.seen
            more = bool(events) and _has_more(answer)

    async def _settle(self, readings: dict[str, MarketReading]) -> None:
        """Look elsewhere for the ends that Gamma leaves open; in doubt none."""
        undecided = []
        for name, reading in list(readings.items()):
            if not needs_second_look(reading):
                continue
            try:
                settlement = await self._ask_winners(reading)
            except (UpstreamError, PayloadError) as error:
                _note("settlement_unknown", error, market=name)
                settlement = None
                readings[name] = with_settlement(reading, None)
            if settlement is None:
                readings[name] = rest_fraction(readings[name])
                undecided.append(readings[name])
            else:
                readings[name] = with_settlement(reading, settlement)
        if undecided:
            readings |= await self._ask_resolutions(undecided)

    async def _ask_winners(self, reading: MarketReading) -> SettlementReading | None:
        raw = await self._clob.find_market(reading.external_id)
        if raw is None:
            return None
        return settle_by_winners(raw, reading.token_ids, settled_at=reading.closed_at)

    async def _ask_resolutions(
        self, undecided: Sequence[MarketReading]
    ) -> dict[str, MarketReading]:
        names = [one.external_id for one in undecided]
        decided: dict[str, MarketReading] = {}
        try:
            rows = await self._data.fetch_resolutions(names)
        except UpstreamError as error:
            _note("settlement_unknown", error, markets=len(names))
            return decided
        for reading in undecided:
            row = rows.get(reading.external_id, {})
            try:
                decided[reading.external_id] = apply_resolution(reading, row)
            except PayloadError as error:
                _note("settlement_unknown", error, market=reading.external_id)
        return decided

    async def _sharpen(self, readings: dict[str, MarketReading]) -> None:
        """Hold Gamma's quotes against the order book, which no cache stands before.

        A fresh quote whose mid the book's agrees with stays; for the others the book
        itself is read. Where the order book fails, Gamma's quotes stay, and say so.
        """
        open_ones = {
            one.token_ids[0]: one
            for one in readings.values()
            if one.token_ids and one.quote and QuoteFlag.CLOSED not in one.quote.flags
        }
        try:
            quotes = await self._read_quotes(open_ones)
        except UpstreamError as error:
            _note("quotes_not_sharpened", error, markets=len(open_ones))
            return
        for token, quote in quotes.items():
            reading = open_ones[token]
            readings[reading.external_id] = replace(reading, quote=quote)

    async def _read_quotes(
        self, open_ones: Mapping[str, MarketReading]
    ) -> dict[str, QuoteReading]:
        quotes = {token: one.quote for token, one in open_ones.items() if one.quote}
        fresh = [
            token
            for token, quote in quotes.items()
            if quote.mid is not None and QuoteFlag.CACHED not in quote.flags
        ]
        middles = await self._clob.fetch_midpoints(fresh)
        found = {}
        for token, (price, seen) in middles.items():
            if token in quotes and quotes[token].mid == price:
                found[token] = confirm_quote(quotes[token], seen)
        books = await self._clob.fetch_books([t for t in quotes if t not in found])
        for token, (book, seen) in books.items():
            if token in quotes:
                try:
                    found[token] = read_book(book, seen, quotes[token])
                except PayloadError as error:
                    _note("book_unreadable", error, token=token)
        return found


_NEWS = [("closed", "false"), ("order", "liquidityNum"), ("ascending", "false")]


def _sort_in(
    raw: Payload,
    seen: Seen,
    missing: dict[str, None],
    readings: dict[str, MarketReading],
    failures: dict[str, str],
) -> None:
    """Put a market where it belongs; one that was not asked for is ignored.

    Gamma answers with markets of its own choice where it does not know a parameter.
    """
    try:
        external_id = read_text(raw, "conditionId")
    except PayloadError:
        return
    if external_id not in missing:
        return
    del missing[external_id]
    try:
        readings[external_id] = read_market(raw, seen)
    except PayloadError as error:
        failures[external_id] = str(error)


def _objects(answer: Answer, raw: Payload, name: str) -> list[Payload]:
    try:
        return [read_object(one, f"one of {name}") for one in read_list(raw, name)]
    except PayloadError as error:
        raise answer.refuse(str(error)) from error


def _read_cursor(answer: Answer) -> str:
    try:
        return read_text(answer.as_object(), "next_cursor")
    except PayloadError as error:
        raise answer.refuse(str(error)) from error


def _has_more(answer: Answer) -> bool:
    try:
        told = answer.as_object().get("pagination") or {}
        return read_flag(read_object(told, "pagination"), "hasMore")
    except PayloadError as error:
        raise answer.refuse(str(error)) from error


def _note(event: str, error: Exception, **fields: object) -> None:
    logger.warning(event, venue="polymarket", reason=str(error), **fields)
