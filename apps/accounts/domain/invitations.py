"""How invitations look and how long they hold."""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from enum import StrEnum

LIFETIME = timedelta(days=7)
TOKEN_BYTES = 32
MOST_OPEN = 100  # of one workspace
# Nobody is to be bothered through this service.
MOST_LETTERS_A_DAY = 200  # of one workspace
MOST_LETTERS_TO_ONE = 5  # to one address in a day, whoever sends them
PAUSE = timedelta(minutes=1)  # between two letters of one invitation
DAY = timedelta(days=1)

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)


class InvitationState(StrEnum):
    """What became of an invitation."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    REVOKED = "revoked"
    EXPIRED = "expired"


def digest_of(token: str) -> str:
    """Return the SHA-256 of a token, in hexadecimal: all that is stored of it."""
    return hashlib.sha256(token.encode()).hexdigest()


def is_token(text: str) -> bool:
    """Return whether a text has the form of a token."""
    return _TOKEN.fullmatch(text) is not None
