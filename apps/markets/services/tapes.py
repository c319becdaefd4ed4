"""Putting a recording in as a venue."""

from __future__ import annotations

import hashlib
import math
import re
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import ProtectedError

from apps.core.errors import ConflictError, InvalidInputError
from apps.markets.domain.builtin import BuiltinVenue
from apps.markets.domain.markets import Nature, VenueKind
from apps.markets.domain.tape import pack
from apps.markets.models import Market, Quote, Tape, Venue
from apps.markets.services.venues import ensure_venue

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from apps.markets.domain.tape import Recording

_LONGEST = 60
_NAME = re.compile(rf"[A-Za-z0-9_-]{{1,{_LONGEST}}}")


@transaction.atomic
def store_tape(
    *,
    venue: str,
    recording: Recording,
    file_name: str,
    speed: float,
    now: datetime,
    must_be_new: bool = False,
) -> UUID:
    """Make a recorded venue that plays from `now` on, and return its id.

    The same tape under the same name starts anew. What was stored of its markets stays
    under the times at which it was played, and what has settled stays settled: to play
    it as if for the first time takes another name.

    Raises:
        InvalidInputError: the speed is no positive number, or the name is none.
        ConflictError: the name belongs to another tape or to another kind of venue, or
            to any where it must be new.
    """
    if not (math.isfinite(speed) and speed > 0):
        raise InvalidInputError(f"The speed is {speed:g}; it is a number above 0.")
    if not _NAME.fullmatch(venue):
        raise InvalidInputError(
            f"A venue's name has up to {_LONGEST} letters, digits, - and _: {venue!r}."
        )
    known = BuiltinVenue(venue, venue, VenueKind.TAPE, Nature.RECORDED)
    venue_id, is_new = ensure_venue(known, now=now)
    if must_be_new and not is_new:
        raise ConflictError(f"There is a venue {venue!r} already; take another name.")
    content = pack(recording)
    content_hash = hashlib.sha256(content).hexdigest()
    if not is_new:
        _require_same(venue_id, content_hash)
    tape = Tape(
        venue_id=venue_id,
        content=content,
        content_hash=content_hash,
        file_name=file_name[:255],
        markets=len(recording.markets),
        entries=len(recording.times),
        begins_at=recording.begins_at,
        ends_at=recording.ends_at,
        started_at=now,
        speed=speed,
    )
    tape.full_clean(validate_unique=False)  # it may take its own place
    tape.save()
    return venue_id


@transaction.atomic
def remove_tape(*, venue: str) -> None:
    """Remove a recorded venue that nobody has predicted on, with all it has played.

    Raises:
        ConflictError: somebody has.
    """
    markets = Market.objects.filter(venue__name=venue, venue__kind=VenueKind.TAPE.value)
    Quote.objects.filter(market__in=markets).delete()
    try:
        markets.delete()
    except ProtectedError as error:
        raise ConflictError(
            f"There are predictions on the markets of {venue}."
        ) from error
    Venue.objects.filter(name=venue, kind=VenueKind.TAPE.value).delete()


def _require_same(venue_id: UUID, content_hash: str) -> None:
    venue = Venue.objects.select_for_update().get(pk=venue_id)
    if venue.kind != VenueKind.TAPE:
        raise ConflictError(
            f"Venue {venue.name} is {venue.nature}; give the tape another name."
        )
    tape = Tape.objects.filter(pk=venue_id).values_list("content_hash", flat=True)
    if tape.first() not in (None, content_hash):
        raise ConflictError(
            f"Venue {venue.name} plays another tape; give this one another name."
        )
