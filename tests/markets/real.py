"""Recorded answers of the venues, where the machine has them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from apps.markets.domain.payloads import parse_json

if TYPE_CHECKING:
    from collections.abc import Iterator

RECORDED = "shared/data/markets"


@cache
def read_recorded(path: str) -> Any:
    """Return a recorded answer, or skip the test where there is none."""
    return parse_json(find_recorded(path).read_bytes())


def find_recorded(path: str) -> Path:
    """Return where a recorded answer is, or skip the test where there is none."""
    for folder in Path(__file__).resolve().parents:
        found = folder / RECORDED / path
        if found.exists():
            return found
    pytest.skip(f"no recorded answer of a venue is here: {RECORDED}/{path}")


def find_markets(told: Any) -> Iterator[dict[str, Any]]:
    """Yield every market of an answer, however deep it lies."""
    if isinstance(told, dict):
        if told.get("conditionId") and "question" in told:
            yield told
        for inner in told.values():
            yield from find_markets(inner)
    elif isinstance(told, list):
        for inner in told:
            yield from find_markets(inner)
