"""The venues that every installation knows from the start."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from apps.markets.domain.markets import Nature, VenueKind

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class BuiltinVenue:
    """A venue and the addresses of its services; none are the public ones."""

    name: str
    display_name: str
    kind: VenueKind
    nature: Nature
    addresses: Mapping[str, str] = field(default_factory=dict)


VENUES = (
    BuiltinVenue("polymarket", "Polymarket", VenueKind.POLYMARKET, Nature.LIVE),
    BuiltinVenue("manifold", "Manifold", VenueKind.MANIFOLD, Nature.LIVE),
    BuiltinVenue("kalshi", "Kalshi", VenueKind.KALSHI, Nature.LIVE),
)
# Stands in where no live venue can be reached.
STAND_IN = BuiltinVenue(
    "simulation", "Simulation", VenueKind.SIMULATED, Nature.SIMULATED
)
# The services that a venue's gateway knows by name.
SERVICES: Mapping[VenueKind, tuple[str, ...]] = {
    VenueKind.POLYMARKET: ("gamma", "clob", "data", "stream"),
    VenueKind.MANIFOLD: ("manifold",),
    VenueKind.KALSHI: ("kalshi",),
    VenueKind.TAPE: (),
    VenueKind.SIMULATED: (),
}
