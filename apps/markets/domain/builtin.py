"""The venues that every installation knows from the start."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

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
    BuiltinVenue("manifold", "Manifold (play money)", VenueKind.MANIFOLD, Nature.LIVE),
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
_SCHEMES = {"stream": ("ws", "wss")}
# The numbers that a simulation is made from, and the most that each can be.
SIMULATED = ("seed", "events")
_MOST = 9_999


def find_fault(kind: VenueKind, addresses: object) -> str:
    """Return what is wrong with what an operator says of a venue's gateway, or ""."""
    if not isinstance(addresses, dict):
        return "is not an object"
    known = SIMULATED if kind is VenueKind.SIMULATED else SERVICES[kind]
    unknown = [str(name) for name in addresses if name not in known]
    if unknown:
        return f"has {unknown[0]!r}; this venue has {', '.join(known) or 'none'}"
    if kind is VenueKind.SIMULATED:
        if all(type(one) is int and 0 < one <= _MOST for one in addresses.values()):
            return ""
        return f"has numbers from 1 to {_MOST}"
    wrong = [name for name in addresses if not _is_url(name, addresses[name])]
    return f"has no address at {wrong[0]!r}" if wrong else ""


def _is_url(service: str, told: object) -> bool:
    try:
        parts = urlsplit(str(told))
        host = parts.hostname
    except ValueError:
        return False
    return parts.scheme in _SCHEMES.get(service, ("http", "https")) and bool(host)
