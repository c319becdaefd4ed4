"""From a file to a venue that plays it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from apps.markets.gateways.tape import read_tape_files
from apps.markets.selectors.tapes import TapeRow, get_tape
from apps.markets.services.tapes import store_tape

if TYPE_CHECKING:
    from datetime import datetime


def load_tape(
    path: str, *, venue: str, outcomes: str | None, speed: float, now: datetime
) -> TapeRow:
    """Store a file's recording as a venue, which plays it from now on.

    Raises:
        InvalidInputError: a file is no tape, or the speed is no positive number.
        ConflictError: the name belongs to another tape or to another kind of venue.
    """
    recording = read_tape_files(
        Path(path), None if outcomes is None else Path(outcomes)
    )
    venue_id = store_tape(
        venue=venue,
        recording=recording,
        file_name=Path(path).name,
        speed=speed,
        now=now,
    )
    return get_tape(venue_id)
