"""The keys of providers, as workspaces bring them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from apps.core.errors import InvalidInputError

if TYPE_CHECKING:
    from uuid import UUID

SHORTEST_KEY = 16
LONGEST_KEY = 500
SHOWN = 4


class CredentialMissingError(InvalidInputError):
    """The workspace holds no credential for a provider that it wants asked."""

    code = "credential_missing"


@dataclass(frozen=True, slots=True)
class OwnKey:
    """What a workspace asks a provider with; "" where it has stored no key for it.

    The value is kept out of whatever prints this.
    """

    workspace_id: UUID
    provider: str
    value: str = field(default="", repr=False)


def clean_key(text: str) -> str:
    """Return a key without the blanks around it.

    Raises:
        InvalidInputError: it cannot be one. The message holds nothing of it.
    """
    key = text.strip()
    if not SHORTEST_KEY <= len(key) <= LONGEST_KEY:
        raise InvalidInputError(
            f"key: a key has {SHORTEST_KEY} to {LONGEST_KEY} letters; "
            f"this has {len(key)}."
        )
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise InvalidInputError(
            "key: a key holds only letters, digits and signs of ASCII, without blanks."
        )
    return key


def last_four(key: str) -> str:
    """Return what is shown of a key."""
    return key[-SHOWN:]
