"""Manifold: a market of play money. Its API is in alpha and may change.

Limit: 500 requests a minute from one address. Questions have no batch among what is
documented, so each is a request of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from apps.core.errors import UpstreamError
from apps.markets.domain.manifold import BETWEEN, is_multiple, read_markets
from apps.markets.domain.markets import Batch, MarketReading, MarketStatus
from apps.markets.domain.payloads import PayloadError, read_object, require_text
from apps.markets.gateways.answers import JsonClient, quote_name

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence
    from datetime import datetime

    import httpx2

MANIFOLD_URL = "https://api.manifold.markets/v0"
_PAGE = 100
_UNKNOWN = "Manifold knows no market of this id"

logger = structlog.get_logger(__name__)


class ManifoldGateway:
    """Markets by the id of the question, with that of the answer where it has some."""

    most_at_once = 20

    def __init__(
        self,
        client: httpx2.AsyncClient,
        *,
        base_url: str = MANIFOLD_URL,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        """Take over `client`."""
        self._client = client
        self._http = JsonClient("Manifold", base_url, client, clock)

    async def list_markets(
        self, *, query: str = "", limit: int | None = None
    ) -> AsyncIterator[MarketReading]:
        """Yield open markets, the most liquid first; all answers of a question.

        Questions of other kinds, and what cannot be read, are left out.

        Raises:
            UpstreamError: Manifold failed; what was yielded before holds.
        """
        count = 0
        async for question_id in self._list_questions(query):
            if limit is not None and count >= limit:
                return
            try:
                found = await self._read_question(question_id)
            except PayloadError as error:
                logger.info("market_unreadable", venue="manifold", reason=str(error))
                continue
            for reading in found.values():
                if reading.status is MarketStatus.OPEN and count != limit:
                    count += 1
                    yield reading

    async def fetch_markets(self, external_ids: Sequence[str]) -> Batch:
        """Return these markets; each question is asked for once.

        Raises:
            UpstreamError: Manifold failed as a whole.
            ValueError: more than `most_at_once` were asked for.
        """
        if len(external_ids) > self.most_at_once:
            raise ValueError(f"at most {self.most_at_once} markets at once")
        readings: dict[str, MarketReading] = {}
        failures: dict[str, str] = {}
        asked: dict[str, list[str]] = {}
        for name in external_ids:
            asked.setdefault(name.partition(BETWEEN)[0], []).append(name)
        for question_id, names in asked.items():
            try:
                found = await self._read_question(question_id)
            except PayloadError as error:
                failures |= dict.fromkeys(names, str(error))
                continue
            readings |= {name: found[name] for name in names if name in found}
            failures |= {name: _UNKNOWN for name in names if name not in found}
        return Batch(readings, failures)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _list_questions(self, query: str) -> AsyncIterator[str]:
        """Yield the ids of open questions of the kinds that can be read."""
        start = 0
        while True:
            answer = await self._http.get(
                "/search-markets",
                [
                    ("term", query),
                    ("filter", "open"),
                    ("sort", "liquidity"),
                    ("limit", str(_PAGE)),
                    ("offset", str(start)),
                ],
            )
            entries = answer.as_list()
            for entry in entries:
                try:
                    raw = read_object(entry, "an entry")
                    if is_multiple(raw) or raw.get("outcomeType") == "BINARY":
                        yield require_text(raw, "id", most=100)
                except PayloadError as error:
                    raise answer.refuse(str(error)) from error
            start += _PAGE
            if len(entries) < _PAGE:
                return

    async def _read_question(self, question_id: str) -> dict[str, MarketReading]:
        """Ask for a question; what Manifold refuses of one takes no others down."""
        try:
            answer = await self._http.find(f"/market/{quote_name(question_id)}")
            raw = None if answer is None else answer.as_object()
        except UpstreamError as error:
            if error.retryable:
                raise
            raise PayloadError(str(error)) from error
        if answer is None or raw is None:
            return {}
        return read_markets(raw, answer.seen)
