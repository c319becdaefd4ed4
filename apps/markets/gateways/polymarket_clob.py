"""Polymarket's order book (CLOB) and its Data API, as far as prices and ends need them.

Limits, per ten seconds (Cloudflare queues first and refuses sustained overshoot):
CLOB 9,000 in all, `/books` and `/midpoints` 500 each; Data API 1,000.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.markets.domain.payloads import PayloadError, read_object, read_text, to_share
from apps.markets.gateways.answers import JsonClient, quote_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal

    import httpx2

    from apps.markets.domain.quotes import Seen

    Payload = Mapping[str, object]

CLOB_URL = "https://clob.polymarket.com"
DATA_URL = "https://data-api.polymarket.com"
# No most is documented for a list of tokens.
MOST_TOKENS = 100
MOST_RESOLUTIONS = 20


class ClobApi:
    """The order book's public reads."""

    def __init__(
        self,
        client: httpx2.AsyncClient,
        *,
        base_url: str = CLOB_URL,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        """Take the client, which its owner closes."""
        self._http = JsonClient("Polymarket CLOB", base_url, client, clock)

    async def fetch_books(
        self, token_ids: Sequence[str]
    ) -> dict[str, tuple[Payload, Seen]]:
        """Return the raw book of each token that has one.

        Raises:
            UpstreamError: the service failed.
        """
        found: dict[str, tuple[Payload, Seen]] = {}
        for chunk in _cut(token_ids, MOST_TOKENS):
            answer = await self._http.post("/books", _name_tokens(chunk))
            for entry in answer.as_list():
                try:
                    book = read_object(entry, "a book")
                    found[read_text(book, "asset_id")] = book, answer.seen
                except PayloadError as error:
                    raise answer.refuse(str(error)) from error
        return found

    async def fetch_midpoints(
        self, token_ids: Sequence[str]
    ) -> dict[str, tuple[Decimal, Seen]]:
        """Return the middle of each token's book, where it has one.

        Raises:
            UpstreamError: the service failed.
        """
        found: dict[str, tuple[Decimal, Seen]] = {}
        for chunk in _cut(token_ids, MOST_TOKENS):
            answer = await self._http.post("/midpoints", _name_tokens(chunk))
            for token, value in answer.as_object().items():
                try:
                    price = to_share(value, "a midpoint")
                except PayloadError as error:
                    raise answer.refuse(str(error)) from error
                if price is not None:
                    found[token] = price, answer.seen
        return found

    async def find_market(self, condition_id: str) -> Payload | None:
        """Return a market as the order book knows it, with the winner of each token.

        Raises:
            UpstreamError: the service failed.
        """
        answer = await self._http.find(f"/markets/{quote_name(condition_id)}")
        return None if answer is None else answer.as_object()


class DataApi:
    """The Data API's resolutions."""

    def __init__(
        self,
        client: httpx2.AsyncClient,
        *,
        base_url: str = DATA_URL,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        """Take the client, which its owner closes."""
        self._http = JsonClient("Polymarket Data API", base_url, client, clock)

    async def fetch_resolutions(
        self, condition_ids: Sequence[str]
    ) -> dict[str, Payload]:
        """Return the state of resolution of each market that has one.

        Raises:
            UpstreamError: the service failed.
        """
        found: dict[str, Payload] = {}
        for chunk in _cut(condition_ids, MOST_RESOLUTIONS):
            params = [("condition", ",".join(chunk))]
            answer = await self._http.get("/v2/resolutions", params)
            for entry in answer.as_list("data"):
                try:
                    row = read_object(entry, "a resolution")
                    found[read_text(row, "condition_id")] = row
                except PayloadError as error:
                    raise answer.refuse(str(error)) from error
        return found


def _name_tokens(token_ids: Sequence[str]) -> list[dict[str, str]]:
    return [{"token_id": token} for token in token_ids]


def _cut(names: Sequence[str], most: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(names), most):
        yield names[start : start + most]
