"""Tapes as they are played."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from apps.core.errors import NotFoundError
from apps.markets.domain.tape import Playback, unpack
from apps.markets.models import Tape

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from apps.markets.domain.tape import Recording


@dataclass(frozen=True, slots=True)
class TapeRow:
    """A tape without its content."""

    venue: str
    file_name: str
    content_hash: str
    markets: int
    entries: int
    begins_at: datetime
    ends_at: datetime
    started_at: datetime
    speed: float


def get_tape(venue_id: UUID) -> TapeRow:
    """Return the tape of a venue.

    Raises:
        NotFoundError: it has none.
    """
    found = Tape.objects.filter(pk=venue_id).select_related("venue").defer("content")
    tape = found.first()
    if tape is None:
        raise NotFoundError(f"Venue {venue_id} has no tape.")
    return TapeRow(
        venue=tape.venue.name,
        file_name=tape.file_name,
        content_hash=tape.content_hash,
        markets=tape.markets,
        entries=tape.entries,
        begins_at=tape.begins_at,
        ends_at=tape.ends_at,
        started_at=tape.started_at,
        speed=tape.speed,
    )


def get_playback(venue_id: UUID) -> Playback:
    """Return what a venue plays.

    Raises:
        NotFoundError: it has no tape.
    """
    tape = get_tape(venue_id)
    recording = _load(venue_id, tape.content_hash)
    return Playback(recording, tape.started_at, tape.speed)


@lru_cache(maxsize=4)
def _load(venue_id: UUID, content_hash: str) -> Recording:
    """Unpack a tape once in a process; another content has another hash."""
    stored = Tape.objects.filter(pk=venue_id, content_hash=content_hash)
    return unpack(bytes(stored.values_list("content", flat=True).get()))
