"""Identifiers: UUIDv7, made in Python, ordered by time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import uuid_utils.compat

if TYPE_CHECKING:
    from uuid import UUID


def new_id() -> UUID:
    """Return a fresh UUIDv7 (RFC 9562 §5.7)."""
    return uuid_utils.compat.uuid7()
