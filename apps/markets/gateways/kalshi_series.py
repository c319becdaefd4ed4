"""Kalshi's series, which hold what their markets have in common: fees."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from apps.core.errors import UpstreamError
from apps.markets.domain.payloads import PayloadError, read_object
from apps.markets.gateways.answers import quote_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from apps.markets.gateways.answers import JsonClient

    Payload = Mapping[str, object]

logger = structlog.get_logger(__name__)


class SeriesShelf:
    """The series of one listing: each is asked for once, however many its markets.

    Fees are worth no listing: where a series cannot be had nothing is known of it, and
    where Kalshi itself is in trouble no other one is asked for.
    """

    def __init__(self, http: JsonClient) -> None:
        """Begin with none."""
        self._http = http
        self._known: dict[str, Payload | None] = {}
        self._is_down = False

    async def find(self, ticker: str) -> Payload | None:
        """Return a series, or None where nothing is known of it."""
        if not ticker:
            return None
        if ticker not in self._known:
            self._known[ticker] = None if self._is_down else await self._ask(ticker)
        return self._known[ticker]

    async def _ask(self, ticker: str) -> Payload | None:
        try:
            answer = await self._http.find(f"/series/{quote_name(ticker)}")
            if answer is None:
                return None
            return read_object(answer.as_object().get("series"), "series")
        except UpstreamError as error:
            self._is_down = error.retryable
            logger.warning("series_unknown", venue="kalshi", reason=str(error))
        except PayloadError as error:
            reason = f"{ticker}: {error}"
            logger.warning("series_unknown", venue="kalshi", reason=reason)
        return None
