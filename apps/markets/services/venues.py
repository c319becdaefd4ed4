"""Venues: those that are known from the start, and how each answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from django.db import transaction
from django.db.models.functions import Coalesce, Greatest

from apps.markets.domain.builtin import VENUES
from apps.markets.models import Venue

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from apps.markets.domain.builtin import BuiltinVenue

logger = structlog.get_logger(__name__)

_FAILURE_LENGTH = 500


@transaction.atomic
def load_venues(*, now: datetime) -> tuple[str, ...]:
    """Add the built-in venues that are missing, and return the names of those.

    What an operator changed stays: venues that exist are left alone.
    """
    return tuple(venue.name for venue in VENUES if ensure_venue(venue, now=now)[1])


@transaction.atomic
def ensure_venue(builtin: BuiltinVenue, *, now: datetime) -> tuple[UUID, bool]:
    """Return the id of a venue, made where it is missing, and whether it was."""
    found = Venue.objects.filter(name=builtin.name).first()
    if found is not None:
        return found.id, False
    venue = Venue(
        name=builtin.name,
        display_name=builtin.display_name,
        kind=builtin.kind.value,
        nature=builtin.nature.value,
        addresses=dict(builtin.addresses),
        created_at=now,
    )
    venue.full_clean()
    venue.save()
    return venue.id, True


@transaction.atomic
def record_contact(*, venue_id: UUID, failure: str, now: datetime) -> None:
    """Keep how a venue answered; `failure` is "" where all of it was well.

    `failed_at` stays at the first failure of a row, so that it says since when.
    """
    venue = Venue.objects.filter(pk=venue_id)
    if not failure:
        venue.update(
            synced_at=Greatest(Coalesce("synced_at", now), now),
            failed_at=None,
            failure="",
        )
        return
    line = " ".join(failure.replace("\0", "").split())[:_FAILURE_LENGTH]
    venue.update(failed_at=Coalesce("failed_at", now), failure=line)
    logger.warning("venue_failed", venue=str(venue_id), failure=line)


@transaction.atomic
def switch_off(*, venue_id: UUID) -> None:
    """Have a venue asked no more: nothing fetches it, and its markets stay."""
    Venue.objects.filter(pk=venue_id).update(is_active=False)
