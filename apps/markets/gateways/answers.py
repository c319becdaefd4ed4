"""Asking a venue for JSON: one attempt, and one line on what went wrong where."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

import httpx2

from apps.core.backoff import parse_retry_after
from apps.core.errors import UpstreamError
from apps.markets.domain.payloads import PayloadError, parse_json, read_object
from apps.markets.domain.quotes import Seen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Params = Sequence[tuple[str, str]]

_NOT_FOUND = 404
_TOO_MANY = 429
_FAILED = 400
_SERVER_FAILED = 500
_REDIRECTED = range(300, 400)
# 408 request timeout, 425 too early, 429: told to try again by their RFCs.
_TRY_AGAIN = frozenset({408, 425, _TOO_MANY})
# A page of a hundred markets has about half a megabyte.
_MOST_BYTES = 64 * 1024 * 1024
# Bounds an answer as a whole; the client bounds the silence within it.
_ANSWER_SECONDS = 120.0
_SHOWN = 200
# A cache that claims to be older than this has its clock wrong.
_OLDEST = 7 * 86_400


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered, when it was true, and where it came from."""

    body: object
    seen: Seen
    where: str

    def as_object(self) -> Mapping[str, object]:
        """Return the body as an object.

        Raises:
            UpstreamError: it is something else.
        """
        try:
            return read_object(self.body, "the answer")
        except PayloadError as error:
            raise self.refuse(str(error)) from error

    def as_list(self, name: str = "") -> list[object]:
        """Return the body, or its field `name`, as a list.

        Raises:
            UpstreamError: it is something else.
        """
        found = self.as_object().get(name) if name else self.body
        if not isinstance(found, list):
            raise self.refuse(f"{name or 'the answer'} is not a list")
        return found

    def refuse(self, reason: str) -> UpstreamError:
        """Return the error of an answer whose form is not what was agreed."""
        return UpstreamError(f"{self.where}: {reason}", retryable=False)


class JsonClient:
    """One service of a venue, named for its messages."""

    def __init__(
        self,
        name: str,
        base_url: str,
        client: httpx2.AsyncClient,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        """Take the client, which its owner closes."""
        self._name = name
        self._base_url = base_url.rstrip("/")
        self._client = client
        self._clock = clock or read_clock

    async def get(self, path: str, params: Params = ()) -> Answer:
        """Ask once.

        Raises:
            UpstreamError: there was no answer, or none that is JSON.
        """
        found = await self.find(path, params)
        if found is None:
            raise self._fail(f"GET {path}", "answered 404", retryable=False)
        return found

    async def find(self, path: str, params: Params = ()) -> Answer | None:
        """Ask once; None where the service knows nothing of that name.

        Raises:
            UpstreamError: there was no answer, or none that is JSON.
        """
        asked = self._client.build_request(
            "GET", f"{self._base_url}{path}", params=list(params)
        )
        return await self._send(asked, f"GET {path}")

    async def post(self, path: str, body: object) -> Answer:
        """Ask once, with a body of JSON.

        Raises:
            UpstreamError: there was no answer, or none that is JSON.
        """
        asked = self._client.build_request("POST", f"{self._base_url}{path}", json=body)
        found = await self._send(asked, f"POST {path}")
        if found is None:
            raise self._fail(f"POST {path}", "answered 404", retryable=False)
        return found

    async def _send(self, request: httpx2.Request, what: str) -> Answer | None:
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                response, content = await self._receive(request)
        except (TimeoutError, httpx2.TimeoutException) as error:
            raise self._fail(what, "no answer in time", retryable=True) from error
        except httpx2.TooManyRedirects as error:
            raise self._fail(what, "redirects in circles", retryable=False) from error
        except (httpx2.TransportError, httpx2.StreamError) as error:
            reason = f"the connection failed: {str(error) or type(error).__name__}"
            raise self._fail(what, reason, retryable=True) from error
        except httpx2.DecodingError as error:
            reason = f"cannot be decoded: {error}"
            raise self._fail(what, reason, retryable=True) from error
        if response.status_code == _NOT_FOUND:
            return None
        self._check(response, content, what)
        try:
            body = parse_json(content)
        except (ValueError, RecursionError) as error:
            reason = f"answered {_name_kind(response)} that is not JSON"
            raise self._fail(what, reason, retryable=True) from error
        return Answer(body, self._tell_when(response), f"{self._name}: {what}")

    async def _receive(self, request: httpx2.Request) -> tuple[httpx2.Response, bytes]:
        response = await self._client.send(request, stream=True)
        try:
            parts, size = [], 0
            async for part in response.aiter_bytes():
                size += len(part)
                if size > _MOST_BYTES:
                    raise httpx2.DecodingError("more than 64 MB")
                parts.append(part)
        finally:
            await response.aclose()
        return response, b"".join(parts)

    def _check(self, response: httpx2.Response, content: bytes, what: str) -> None:
        status = response.status_code
        if status in _REDIRECTED:
            target = response.headers.get("location", "nowhere")[:_SHOWN]
            raise self._fail(what, f"redirects to {target}", retryable=False)
        if status < _FAILED:
            return
        told = " ".join(content[:_SHOWN].decode(errors="replace").split())
        now = self._clock()
        raise UpstreamError(
            f"{self._name}: {what} answered {status}{f': {told}' if told else ''}",
            retryable=status in _TRY_AGAIN or status >= _SERVER_FAILED,
            retry_after_seconds=parse_retry_after(response.headers, now=now),
        )

    def _tell_when(self, response: httpx2.Response) -> Seen:
        """Take off what a cache says that the answer is old."""
        told = response.headers.get("age", "")
        age = min(int(told), _OLDEST) if told.isascii() and told.isdigit() else 0
        return Seen(self._clock() - timedelta(seconds=age), age)

    def _fail(self, what: str, reason: str, *, retryable: bool) -> UpstreamError:
        return UpstreamError(f"{self._name}: {what}: {reason}", retryable=retryable)


def quote_name(name: str) -> str:
    """Return a name as one part of a path, whatever is in it."""
    return quote(name, safe="")


def read_clock() -> datetime:
    """Return the present moment; a replay gives a clock of its own."""
    return datetime.fromtimestamp(time.time(), tz=UTC)


def _name_kind(response: httpx2.Response) -> str:
    return response.headers.get("content-type", "").partition(";")[0] or "something"
