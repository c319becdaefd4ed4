"""What several subcommands read from their command line."""

from __future__ import annotations

from uuid import UUID

from apps.core.errors import InvalidInputError


def read_id(text: str, what: str) -> UUID:
    """Return the identifier that a text holds.

    Raises:
        InvalidInputError: it holds none.
    """
    try:
        return UUID(text)
    except ValueError:
        raise InvalidInputError(f"{text!r} is no {what}: give its id.") from None
