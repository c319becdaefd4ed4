"""Gateways that speak to the fake venues."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.core.http import open_http_client
from apps.markets.gateways.polymarket import PolymarketGateway
from apps.markets.gateways.polymarket_clob import ClobApi, DataApi

if TYPE_CHECKING:
    from tests.fakes.venue_server import FakeVenues


def polymarket_at(
    venues: FakeVenues, *, read_seconds: float = 5.0, is_local: bool = False
) -> PolymarketGateway:
    """Return a gateway to the fake's three services; the caller closes it."""
    client = open_http_client(read_seconds=read_seconds, is_local=is_local)
    return PolymarketGateway(
        client,
        base_url=venues.url("gamma"),
        clob=ClobApi(client, base_url=venues.url("clob")),
        data=DataApi(client, base_url=venues.url("data")),
    )
