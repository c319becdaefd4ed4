"""Sending callbacks: signed, to public addresses alone, and never for long."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import httpx2
import structlog

from apps.accounts.domain.webhooks import sign
from apps.accounts.selectors.webhooks import read_secrets
from apps.accounts.services.deliveries import Attempt, claim_delivery, settle_delivery
from apps.core.crypto import SealedError
from apps.core.http import PrivateAddressError, open_http_client

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from uuid import UUID

    from apps.accounts.services.deliveries import Claim

logger = structlog.get_logger(__name__)

PATIENCE_SECONDS = 15.0  # for one attempt, from the name's look-up to the answer
REPLY_BYTES = 1000
_GONE = 410


def open_callback_client() -> httpx2.AsyncClient:
    """Return a client that reaches public addresses alone; its caller closes it."""
    return open_http_client(
        read_seconds=10.0, connect_seconds=5.0, max_connections=1, public_only=True
    )


def deliver(
    delivery_id: UUID,
    *,
    clock: Callable[[], datetime],
    open_client: Callable[[], httpx2.AsyncClient] = open_callback_client,
    patience: float = PATIENCE_SECONDS,
) -> Attempt | None:
    """Make one attempt at a delivery that is due, and write down how it went.

    Returns None where it is not due, or somebody else is at it.
    """
    now = clock()
    claim = claim_delivery(delivery_id=delivery_id, now=now)
    if claim is None:
        return None
    try:
        secrets = [one.secret for one in read_secrets(claim.workspace_id, now)]
    except SealedError as error:
        # An operator may put the key back; until then nothing goes out unsigned.
        attempt = Attempt(is_delivered=False, error=f"cannot be signed: {error}")
    else:
        fields = sign(secrets, delivery_id=delivery_id, at=now, body=claim.body)
        attempt = asyncio.run(_try(claim, fields, open_client, patience))
    settle_delivery(claim=claim, attempt=attempt, now=clock())
    logger.info(
        "callback_sent",
        delivery=str(delivery_id),
        attempt=claim.attempt,
        is_delivered=attempt.is_delivered,
        status=attempt.status,
        error=attempt.error,
    )
    return attempt


async def _try(
    claim: Claim,
    fields: Mapping[str, str],
    open_client: Callable[[], httpx2.AsyncClient],
    patience: float,
) -> Attempt:
    try:
        async with asyncio.timeout(patience), open_client() as client:
            return await _post(client, claim, fields)
    except PrivateAddressError as error:
        return Attempt(is_delivered=False, error=str(error), is_final=True)
    except (TimeoutError, httpx2.TimeoutException):
        return Attempt(is_delivered=False, error="no answer in time")
    except (httpx2.HTTPError, httpx2.StreamError, httpx2.InvalidURL) as error:
        return Attempt(is_delivered=False, error=str(error) or type(error).__name__)


async def _post(
    client: httpx2.AsyncClient, claim: Claim, fields: Mapping[str, str]
) -> Attempt:
    request = client.build_request(
        "POST",
        claim.url,
        content=claim.body.encode(),
        headers={
            **fields,
            "Content-Type": "application/json",
            # What is read of a reply is bounded, and so is what it unpacks to.
            "Accept-Encoding": "identity",
        },
    )
    response = await client.send(request, stream=True, follow_redirects=False)
    try:
        reply = await _read_start(response)
    finally:
        await response.aclose()
    if response.is_success:
        return Attempt(is_delivered=True, status=response.status_code, reply=reply)
    error = f"answered {response.status_code}"
    if response.is_redirect:
        error += "; redirects are not followed"
    return Attempt(
        is_delivered=False,
        status=response.status_code,
        error=error,
        reply=reply,
        is_final=response.status_code == _GONE,
    )


async def _read_start(response: httpx2.Response) -> str:
    """Read the start of a reply as text that a row can hold; leave the rest."""
    read = b""
    try:
        async for piece in response.aiter_raw():
            read += piece[:REPLY_BYTES]
            if len(read) >= REPLY_BYTES:
                break
    except httpx2.HTTPError:
        pass  # the status has arrived, and it is what counts
    text = read[:REPLY_BYTES].decode(errors="replace")
    return "".join(one if one.isprintable() else " " for one in text).strip()
