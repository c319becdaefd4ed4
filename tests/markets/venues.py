"""Gateways that speak to the fake venues."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from apps.core.http import open_http_client
from apps.markets.domain.payloads import parse_json
from apps.markets.gateways.kalshi import KalshiGateway
from apps.markets.gateways.manifold import ManifoldGateway
from apps.markets.gateways.polymarket import PolymarketGateway
from apps.markets.gateways.polymarket_clob import ClobApi, DataApi

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.fakes.venue_server import FakeVenues


def wire(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return an answer as it arrives: through JSON, with exact fractions."""
    arrived = parse_json(json.dumps(told, default=str))
    assert isinstance(arrived, dict)
    return arrived


def frame(told: object) -> str:
    """Return an event as a frame of a socket."""
    return json.dumps(told, default=str)


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


def manifold_at(venues: FakeVenues, *, read_seconds: float = 5.0) -> ManifoldGateway:
    client = open_http_client(read_seconds=read_seconds)
    return ManifoldGateway(client, base_url=venues.url("manifold"))


def kalshi_at(venues: FakeVenues, *, read_seconds: float = 5.0) -> KalshiGateway:
    client = open_http_client(read_seconds=read_seconds)
    return KalshiGateway(client, base_url=venues.url("kalshi"))
