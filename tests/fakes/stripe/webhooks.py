"""Events on their way: signed as Stripe signs them."""

from __future__ import annotations

import hashlib
import hmac
import json
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tests.fakes.stripe.shapes import Object

_NO_ANSWER = 599
_SECONDS = 20


class Delivery(NamedTuple):
    """An event, where it goes, and with which secret and time it is signed."""

    url: str
    secret: str
    event: Object
    moment: int


def sign(body: bytes, secret: str, moment: int) -> str:
    """Return the header that proves who sent a body, and when."""
    signed = f"{moment}.".encode() + body
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"


def write(event: Object) -> bytes:
    """Return an event as it is sent: indented, as Stripe's are."""
    return json.dumps(event, indent=2).encode()


def post_signed(delivery: Delivery) -> int:
    """Send an event and return the status of the answer."""
    body = write(delivery.event)
    request = urllib.request.Request(
        delivery.url,
        body,
        {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": sign(body, delivery.secret, delivery.moment),
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return _NO_ANSWER
