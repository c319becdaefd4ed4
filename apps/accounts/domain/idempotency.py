"""Requests that are sent twice and done once: their keys and what may go wrong.

After the IETF's draft "The Idempotency-Key HTTP Header Field" (httpapi working group,
draft 07): the same key with the same request gets the same answer, with another
request it is refused, and while the first is under way the second is told so.
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import timedelta

from apps.core.errors import ConflictError, InvalidInputError

HEADER = "Idempotency-Key"
REPLAYED_HEADER = "Idempotent-Replayed"
KEPT_FOR = timedelta(hours=24)
LONGEST_KEY = 255
_PRINTABLE = re.compile(r"[\x21-\x7e]+")


class IdempotencyMismatchError(InvalidInputError):
    """The key was used before, for a request that was another one."""

    code = "idempotency_mismatch"


class IdempotencyBusyError(ConflictError):
    """The first request with this key is still under way: its answer is not known."""

    code = "idempotency_in_progress"
    retryable = True


def read_key(header: str) -> str:
    """Return the key of a header's text, which the draft writes in double quotes.

    Raises:
        InvalidInputError: it is empty, too long, or holds blanks or signs beyond ASCII.
    """
    text = header.strip()
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1]
    if not _PRINTABLE.fullmatch(text) or len(text) > LONGEST_KEY:
        raise InvalidInputError(
            f"{HEADER}: write 1 to {LONGEST_KEY} visible letters of ASCII, such as a "
            "UUID."
        )
    return text


def fingerprint(method: str, path: str, body: bytes) -> str:
    """Return what tells a request from another; the layout of its JSON does not."""
    try:
        document = json.loads(body)
    except ValueError:
        canonical = body
    else:
        canonical = json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
    head = f"{method} {path}\x00".encode()
    return hashlib.sha256(head + canonical).hexdigest()
