"""Venues as frozen rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from apps.core.errors import NotFoundError
from apps.markets.domain.markets import Nature, VenueKind
from apps.markets.models import Venue

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID


@dataclass(frozen=True, slots=True)
class VenueRow:
    """A venue; `failed_at` and `failure` say since when it has been failing."""

    id: UUID
    name: str
    display_name: str
    kind: VenueKind
    nature: Nature
    addresses: Mapping[str, object]
    is_active: bool
    created_at: datetime
    synced_at: datetime | None
    failed_at: datetime | None
    failure: str

    @property
    def is_stand_in(self) -> bool:
        """Whether its prices come from anywhere but a market that trades now."""
        return self.nature is not Nature.LIVE

    @property
    def is_at_rest(self) -> bool:
        """Whether it is a recording that nothing plays, such as a backtest's."""
        return self.kind is VenueKind.TAPE and not self.is_active


def list_played_venues() -> tuple[VenueRow, ...]:
    """Return the venues but those of tapes at rest, such as a backtest's."""
    return tuple(one for one in list_venues() if not one.is_at_rest)


def list_venues(*, include_inactive: bool = True) -> tuple[VenueRow, ...]:
    """Return every venue, by name."""
    found = Venue.objects.all()
    if not include_inactive:
        found = found.filter(is_active=True)
    return tuple(to_venue_row(venue) for venue in found)


def get_venue(name: str) -> VenueRow:
    """Return the venue of that name.

    Raises:
        NotFoundError: there is none.
    """
    venue = Venue.objects.filter(name=name).first()
    if venue is None:
        known = ", ".join(Venue.objects.values_list("name", flat=True)) or "none"
        raise NotFoundError(f"No venue is named {name!r}; there is {known}.")
    return to_venue_row(venue)


def to_venue_row(venue: Venue) -> VenueRow:
    """Freeze a venue."""
    return VenueRow(
        id=venue.id,
        name=venue.name,
        display_name=venue.display_name,
        kind=VenueKind(venue.kind),
        nature=Nature(venue.nature),
        addresses=venue.addresses,
        is_active=venue.is_active,
        created_at=venue.created_at,
        synced_at=venue.synced_at,
        failed_at=venue.failed_at,
        failure=venue.failure,
    )
