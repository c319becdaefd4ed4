"""What an address asks of a list of predictions, and the words that say so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from apps.core.errors import InvalidInputError
from apps.core.web.queries import read_choice, read_id, with_query
from apps.markets.selectors.venues import list_venues
from apps.predictions.domain.words import Movement
from apps.predictions.selectors.filters import UNTOLD, Ending, PredictionFilter, Span
from apps.predictions.web.reading import read_nature

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest

LONGEST_QUERY = 100
DIRECTIONS = (*(one.value for one in Movement if one.value), UNTOLD)
ENDINGS = tuple(one.value for one in Ending)
_YES = ("yes",)
_HOUR = "%Y-%m-%dT%H"
# The end of each scale belongs to the last span of it.
_ENDS = {"probability": 1.0, "confidence": 100.0, "moved": 1.0}


@dataclass(frozen=True, slots=True)
class Chip:
    """Something that narrows a list, in words, and the address without it."""

    words: str
    href: str


def read_filter(request: HttpRequest) -> PredictionFilter:
    """Return which predictions the address asks for.

    Raises:
        InvalidInputError: it asks for something unknown.
    """
    ending = read_choice(request, "ending", ENDINGS, "")
    # The names of venues are asked for only where one is.
    venue = request.GET.get("venue", "")
    venues = [one.name for one in list_venues()] if venue else []
    return PredictionFilter(
        nature=read_nature(request),
        venue=read_choice(request, "venue", venues, ""),
        ending=Ending(ending) if ending else None,
        direction=read_choice(request, "direction", DIRECTIONS, ""),
        hour=_read_hour(request),
        probability=_read_span(request, "probability"),
        confidence=_read_span(request, "confidence"),
        moved=_read_span(request, "moved"),
        copies=bool(read_choice(request, "copies", _YES, "")),
        price_shown=bool(read_choice(request, "price_shown", _YES, "")),
        both=read_id(request, "both"),
        query=request.GET.get("q", "").replace("\x00", "")[:LONGEST_QUERY],
    )


def list_chips(request: HttpRequest, wanted: PredictionFilter) -> list[Chip]:
    """Return what narrows the list, apart from what has a switch of its own."""
    said = {
        "ending": wanted.ending and wanted.ending.value,
        "venue": wanted.venue and f"at {wanted.venue}",
        "direction": wanted.direction and wanted.direction.lower(),
        "hour": wanted.hour and f"looked at in the hour {wanted.hour:%d %b %H:%M} UTC",
        "probability": _said(wanted.probability, "predicted {} to {} %", 100),
        "confidence": _said(wanted.confidence, "confidence {} to {}", 1),
        "moved": _said(wanted.moved, "price moved {} to {} points towards it", 100),
        "copies": wanted.copies and "copies of the price",
        "price_shown": wanted.price_shown and "price shown",
        "both": wanted.both and "on markets that the other experiment predicted too",
    }
    return [
        Chip(words, with_query(request, **{name: None, "cursor": None}))
        for name, words in said.items()
        if words
    ]


def link_rows(experiment_id: UUID | None = None, **parts: object) -> str:
    """Return the address of the predictions that a figure counts."""
    asked = {"experiment": experiment_id, **parts}
    given = {name: str(value) for name, value in asked.items() if value}
    return f"/predictions/all/?{urlencode(given)}"


def write_span(low: float, high: float) -> str:
    """Write the values from `low` to `high` as an address has them."""
    return f"{low:g}..{high:g}"


def write_hour(hour: datetime) -> str:
    """Write an hour as an address has it."""
    return f"{hour.astimezone(UTC):{_HOUR}}"


def _read_hour(request: HttpRequest) -> datetime | None:
    text = request.GET.get("hour", "")
    if not text:
        return None
    try:
        return datetime.strptime(text, _HOUR).replace(tzinfo=UTC)
    except ValueError:
        raise InvalidInputError("hour is written as 2026-01-31T14, in UTC.") from None


def _read_span(request: HttpRequest, name: str) -> Span | None:
    text = request.GET.get(name, "")
    if not text:
        return None
    try:
        low, high = (float(part) for part in text.split(".."))
    except ValueError:
        low = high = float("nan")
    if not (isfinite(low) and isfinite(high) and low < high):
        raise InvalidInputError(f"{name} is written as LOW..HIGH, such as 0.1..0.2.")
    return Span(low, high, closed=high >= _ENDS[name])


def _said(span: Span | None, form: str, size: int) -> str:
    if span is None:
        return ""
    ends = (f"{size * end:g}".replace("-", "−") for end in (span.low, span.high))
    return form.format(*ends)
