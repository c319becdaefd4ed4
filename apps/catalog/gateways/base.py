"""What every gateway offers, and what the gateways share."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

import httpx2

from apps.catalog.domain.completions import (
    Completion,
    CompletionRequest,
    ListedModel,
    Outcome,
)
from apps.catalog.domain.failures import ProviderError, classify, fail
from apps.core.backoff import parse_retry_after
from apps.core.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from apps.catalog.domain.answers import Answer

# What is raised while an answer streams, beside the errors of an SDK.
STREAM_ERRORS = (
    httpx2.TransportError,
    httpx2.StreamError,
    TimeoutError,
    json.JSONDecodeError,
    UnicodeDecodeError,
)
_ERROR_STATUS = 400


class Gateway(Protocol):
    """The way to one provider. One call is one attempt; retries are made elsewhere."""

    async def complete(self, request: CompletionRequest) -> Completion:
        """Ask once; a failure is returned as an outcome, never raised."""
        ...

    async def list_models(self) -> tuple[ListedModel, ...]:
        """Return every model that the provider lists.

        Raises:
            UpstreamError: the listing failed or broke off.
            UnavailableError: the provider cannot be asked from this installation.
        """
        ...

    async def aclose(self) -> None:
        """Give the connections back."""
        ...


class ClosedGateway:
    """Stands for a provider that cannot be asked, and says why."""

    def __init__(self, outcome: Outcome, reason: str) -> None:
        """Take the outcome and the reason that every request will have."""
        self._outcome = outcome
        self._reason = reason

    async def complete(self, request: CompletionRequest) -> Completion:
        """Return the outcome that the gateway was made with."""
        return fail(self._outcome, self._reason)

    async def list_models(self) -> tuple[ListedModel, ...]:
        """Refuse.

        Raises:
            UnavailableError: always, with the reason.
        """
        raise UnavailableError(self._reason)

    async def aclose(self) -> None:
        """Hold nothing."""


def describe_error(
    *,
    status: int,
    message: str,
    body: object = None,
    headers: Mapping[str, str] | None = None,
) -> Completion:
    """Return the outcome of an error that a provider reported.

    `body` is the error object of the response, `{"code": …, "type": …, "message": …}`,
    or an envelope that holds one under `error`. Inside a stream the status is that of
    the stream's beginning; a numeric code then says more.
    """
    fields = _unwrap(body)
    code = fields.get("code")
    if isinstance(code, int) and status < _ERROR_STATUS <= code:
        status = code
    names = [fields.get(name) for name in ("code", "type", "status")]
    now = datetime.fromtimestamp(time.time(), tz=UTC)
    return classify(
        ProviderError(
            status=status,
            message=str(fields.get("message") or message),
            codes=frozenset(name for name in names if isinstance(name, str)),
            retry_after_seconds=parse_retry_after(headers or {}, now=now),
        )
    )


def describe_break(error: BaseException) -> Completion:
    """Return the outcome of a request that broke off without an error of its own."""
    cause = error.__cause__
    for found in (error, cause):
        if isinstance(found, (TimeoutError, httpx2.TimeoutException)):
            return fail(Outcome.TIMEOUT, "no answer in time", retryable=True)
    if isinstance(error, ValueError):
        reason = "sent a piece that is not JSON"
    else:
        reason = f"the connection failed: {cause or error}"
    return fail(Outcome.UPSTREAM_FAILED, reason, retryable=True)


def add_times(
    completion: Completion, answer: Answer, *, began: float, started: float
) -> Completion:
    """Add the times of one attempt, from seconds of `time.perf_counter`.

    `began` is when the attempt began, `started` when the request was sent that the
    server took: what it refused before, for its form, is no work on the answer.
    """
    ended = time.perf_counter()
    first = answer.first_token_at
    return replace(
        completion,
        working_ms=(ended - started) * 1000,
        total_ms=(ended - began) * 1000,
        time_to_first_token_ms=None if first is None else (first - started) * 1000,
    )


def _unwrap(body: object) -> Mapping[str, object]:
    if isinstance(body, list) and body:
        body = body[0]  # Google's compatible endpoint sends a list of one envelope
    if not isinstance(body, dict):
        return {}
    inner = body.get("error")
    return inner if isinstance(inner, dict) else body
