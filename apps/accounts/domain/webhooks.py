"""Callbacks: where they may go, how they are signed, when they are tried again.

Signed as Standard Webhooks 1.0 says (https://www.standardwebhooks.com): three header
fields, HMAC-SHA256 over id, time and body, one signature for each valid secret.
"""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from standardwebhooks import Webhook

from apps.core.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from uuid import UUID

SECRET_PREFIX = "whsec_"  # noqa: S105 - the form of one, and none
SECRET_BYTES = 32
# How long a secret signs on beside the one that took its place.
OVERLAP = timedelta(hours=24)
LONGEST_URL = 2000
MOST_ATTEMPTS = 10
_FIRST_PAUSE = timedelta(seconds=30)
_LONGEST_PAUSE = timedelta(hours=6)
_GROWTH = 4


def write_secret(drawn: bytes) -> str:
    """Return random bytes as the text that receivers enter."""
    return SECRET_PREFIX + base64.b64encode(drawn).decode()


def message_id(delivery_id: UUID) -> str:
    """Return the id by which a receiver knows a message that comes again."""
    return f"msg_{delivery_id}"


def sign(
    secrets: Sequence[str], *, delivery_id: UUID, at: datetime, body: str
) -> dict[str, str]:
    """Return the header fields that prove who sent a body, and when."""
    name = message_id(delivery_id)
    signatures = [Webhook(secret).sign(name, at, body) for secret in secrets]
    return {
        "webhook-id": name,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def pause_after(attempts: int) -> timedelta | None:
    """Return how long to wait after so many failures, None where it is given up.

    Half a minute, two, eight, 32, two hours, then six: ten attempts in 27 hours.
    """
    if attempts >= MOST_ATTEMPTS:
        return None
    return min(_FIRST_PAUSE * int(_GROWTH ** (attempts - 1)), _LONGEST_PAUSE)


def check_form(url: str, schemes: Collection[str]) -> str:
    """Return the host of a callback's address.

    Raises:
        InvalidInputError: it is no address of these schemes.
    """
    if len(url) > LONGEST_URL:
        raise InvalidInputError(f"webhook_url: {LONGEST_URL} letters at most.")
    if not (url.isascii() and url.isprintable()) or set(url) & set(' \\"<>^`{|}'):
        raise InvalidInputError("webhook_url: percent-encode what is no plain letter.")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise InvalidInputError("webhook_url: this is no address.") from None
    if parts.scheme not in schemes:
        shown = " or ".join(f"{scheme}://" for scheme in schemes)
        raise InvalidInputError(f"webhook_url: it starts with {shown}.")
    if not host:
        raise InvalidInputError("webhook_url: it names no host.")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise InvalidInputError("webhook_url: leave out user, password and fragment.")
    return host
