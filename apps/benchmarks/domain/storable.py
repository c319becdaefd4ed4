"""Foreign text and data, brought into a form that the database takes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from apps.benchmarks.domain.text import escape_text

LONGEST_LINE = 1_000


def storable_line(text: str, *, most: int = LONGEST_LINE) -> str:
    """Return the text as one line of at most `most` storable characters."""
    return escape_text(" ".join(text.split())[:most])[:most]


def storable_json(value: object) -> Any:
    """Return plain data as JSON that PostgreSQL takes.

    Text is escaped; what JSON has no form for, NaN and infinities too, becomes its
    text.
    """
    if isinstance(value, Mapping):
        return {escape_text(str(key)): storable_json(v) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return [storable_json(item) for item in value]
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    return escape_text(value if isinstance(value, str) else repr(value))
