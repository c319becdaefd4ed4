"""Which gateway speaks to a venue."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings

from apps.core.errors import InvalidInputError
from apps.core.http import open_http_client
from apps.markets.domain.builtin import SERVICES, find_fault
from apps.markets.domain.markets import VenueKind
from apps.markets.domain.simulation import Simulation
from apps.markets.gateways.kalshi import KALSHI_URL, KalshiGateway
from apps.markets.gateways.manifold import MANIFOLD_URL, ManifoldGateway
from apps.markets.gateways.polymarket import GAMMA_URL, PolymarketGateway
from apps.markets.gateways.polymarket_clob import (
    CLOB_URL,
    DATA_URL,
    ClobApi,
    DataApi,
)
from apps.markets.gateways.simulated import SimulatedGateway
from apps.markets.gateways.tape import TapeGateway
from apps.markets.selectors.tapes import get_playback

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    import httpx2

    from apps.markets.gateways.base import VenueGateway
    from apps.markets.selectors.venues import VenueRow

    Maker = Callable[
        [VenueRow, httpx2.AsyncClient, Callable[[], datetime]], VenueGateway
    ]

# A venue that says nothing for so long says nothing.
SILENCE_SECONDS = 15.0
_LOCAL = {"127.0.0.1", "::1", "localhost"}


def open_gateway(venue: VenueRow, *, clock: Callable[[], datetime]) -> VenueGateway:
    """Return a gateway to a venue, which its caller closes.

    Raises:
        InvalidInputError: the venue's settings cannot be read.
    """
    hosts = {urlsplit(address).hostname for address in read_addresses(venue).values()}
    client = open_http_client(
        read_seconds=SILENCE_SECONDS,
        max_connections=16,
        is_local=bool(hosts & _LOCAL),
    )
    return make_gateway(venue, client, clock)


def make_gateway(
    venue: VenueRow, client: httpx2.AsyncClient, clock: Callable[[], datetime]
) -> VenueGateway:
    """Return the gateway of a venue's kind, which takes `client` over.

    Raises:
        InvalidInputError: the venue's settings cannot be read.
        NotFoundError: it plays a tape and has none.
    """
    return _MAKERS[venue.kind](venue, client, clock)


def read_addresses(venue: VenueRow) -> dict[str, str]:
    """Return where the services of a venue are, without those at their public places.

    The venue's own row says so, and the setting `VENUE_ADDRESSES` before it.

    Raises:
        InvalidInputError: one of them is no address.
    """
    _require_sound(venue, venue.addresses)
    named = {
        service: settings.VENUE_ADDRESSES.get(f"{venue.name}.{service}")
        or venue.addresses.get(service)
        for service in SERVICES[venue.kind]
    }
    found = {service: str(address) for service, address in named.items() if address}
    _require_sound(venue, found)
    return found


def _make_polymarket(
    venue: VenueRow, client: httpx2.AsyncClient, clock: Callable[[], datetime]
) -> VenueGateway:
    at = read_addresses(venue)
    clob = ClobApi(client, base_url=at.get("clob", CLOB_URL), clock=clock)
    data = DataApi(client, base_url=at.get("data", DATA_URL), clock=clock)
    gamma = at.get("gamma", GAMMA_URL)
    return PolymarketGateway(client, clob=clob, data=data, base_url=gamma, clock=clock)


def _make_manifold(
    venue: VenueRow, client: httpx2.AsyncClient, clock: Callable[[], datetime]
) -> VenueGateway:
    address = read_addresses(venue).get("manifold", MANIFOLD_URL)
    return ManifoldGateway(client, base_url=address, clock=clock)


def _make_kalshi(
    venue: VenueRow, client: httpx2.AsyncClient, clock: Callable[[], datetime]
) -> VenueGateway:
    address = read_addresses(venue).get("kalshi", KALSHI_URL)
    return KalshiGateway(client, base_url=address, clock=clock)


def _make_simulated(
    venue: VenueRow, _client: httpx2.AsyncClient, clock: Callable[[], datetime]
) -> VenueGateway:
    numbers = {name: int(str(told)) for name, told in venue.addresses.items()}
    return SimulatedGateway(Simulation(**numbers), clock=clock)


def _make_tape(
    venue: VenueRow, _client: httpx2.AsyncClient, clock: Callable[[], datetime]
) -> VenueGateway:
    return TapeGateway(get_playback(venue.id), clock=clock)


def _require_sound(venue: VenueRow, addresses: object) -> None:
    fault = find_fault(venue.kind, addresses)
    if fault:
        raise InvalidInputError(f"Venue {venue.name}: what is set of it {fault}.")


_MAKERS: dict[VenueKind, Maker] = {
    VenueKind.POLYMARKET: _make_polymarket,
    VenueKind.MANIFOLD: _make_manifold,
    VenueKind.KALSHI: _make_kalshi,
    VenueKind.TAPE: _make_tape,
    VenueKind.SIMULATED: _make_simulated,
}
