"""The installation's own keyset."""

from __future__ import annotations

from functools import cache

from django.conf import settings

from apps.core.crypto import Keyset


def get_keyset() -> Keyset:
    """Return the keys that seal what this installation stores.

    Raises:
        ValueError: a configured key is malformed; the system check names it.
    """
    return _keyset(tuple(settings.ENCRYPTION_KEYS), settings.SECRET_KEY)


@cache
def _keyset(texts: tuple[str, ...], secret: str) -> Keyset:
    return Keyset.parse(texts) if texts else Keyset.derive(secret)
