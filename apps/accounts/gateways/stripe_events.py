"""Who sent an event: Stripe's signature on the very bytes that arrived."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from stripe import SignatureVerificationError, WebhookSignature

from apps.accounts.domain.billing import SignatureError
from apps.accounts.gateways import stripe_objects as read

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from apps.accounts.domain.billing import SeenEvent

# An event that was caught on its way is of no use to anybody for longer.
TOLERANCE_SECONDS = 300
_MOST_ID = 255
# What reading a document of any other form may raise.
_NO_EVENT = (
    AttributeError,
    KeyError,
    OSError,
    OverflowError,
    RecursionError,
    TypeError,
    ValueError,
)


def read_signed(
    body: bytes, signature: str, secrets: Sequence[str], now: datetime
) -> SeenEvent:
    """Return the event that a body holds.

    Args:
        body: as it arrived; every byte of it is signed.
        signature: the header `Stripe-Signature`.
        secrets: any of them may have signed, so that they can be changed.
        now: the signature may be five minutes off, in either direction.

    Raises:
        SignatureError: nobody of ours signed it, or not now, or it is no event.
    """
    if not any(_is_signed(body, signature, secret) for secret in secrets):
        raise SignatureError("The signature is missing or wrong.")
    age = abs(now.timestamp() - _signed_at(signature))
    if age > TOLERANCE_SECONDS:
        raise SignatureError("The signature is too old: it holds for five minutes.")
    try:
        content: Any = json.loads(body)
        event = read.event(content)
    except _NO_EVENT:
        raise SignatureError("The body is signed and is no event.") from None
    if not event.id or len(event.id) > _MOST_ID or "\x00" in event.id:
        raise SignatureError("The event has no id.")
    return event


def _is_signed(body: bytes, signature: str, secret: str) -> bool:
    try:
        # Its own look at the clock is left out: the time is an argument here.
        WebhookSignature.verify_header(body, signature, secret, None)
    except (SignatureVerificationError, UnicodeDecodeError):
        return False
    return True


def _signed_at(signature: str) -> int:
    parts = [part.partition("=") for part in signature.split(",")]
    return int(next(value for name, _, value in parts if name == "t"))
