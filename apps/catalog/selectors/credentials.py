"""The keys of providers: in the environment, never in the database."""

from __future__ import annotations

import os

from django.conf import settings

_SUFFIX = "_API_KEY"


def read_key(variable: str) -> str:
    """Return the key that an environment variable holds, or "" where it holds none.

    Only names that end in `_API_KEY` are read: a provider's row must not be able to
    send another secret of the installation to an address of its choice.
    """
    if not variable.endswith(_SUFFIX):
        return ""
    known = getattr(settings, variable, None)
    key = known if isinstance(known, str) else os.environ.get(variable, "")
    return key.strip()
