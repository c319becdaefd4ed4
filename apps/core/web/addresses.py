"""Where a request comes from, past the proxies that are trusted."""

from __future__ import annotations

from functools import cache, lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest

_NETWORK_BITS = 64
_IPV6 = 6
# Parsing an address takes ten times as long as finding it, and callers come back.
_REMEMBERED = 4096
# More than an IPv6 address with a zone has.
_LONGEST = 100


def client_address(request: HttpRequest) -> str:
    """Return the client's IP address, "" where it has none (a Unix socket)."""
    return resolve_address(
        request.META.get("REMOTE_ADDR", ""),
        request.META.get("HTTP_X_FORWARDED_FOR", ""),
    )


def resolve_address(peer: str, forwarded: str) -> str:
    """Return the nearest address that no trusted proxy has.

    `forwarded` lists, from the client on, whom each proxy took the request from. Only
    what a trusted proxy wrote is believed, so the list is read from its end.
    """
    trusted = tuple(settings.TRUSTED_PROXIES)
    address = _plain(peer)
    for claimed in reversed(forwarded.split(",")):
        if not address or not _is_trusted(address, trusted):
            return address
        nearer = _plain(claimed)
        if not nearer:
            return address
        address = nearer
    return address


@lru_cache(_REMEMBERED)
def network_of(address: str) -> str:
    """Return what counts as one client: an IPv4 address, or an IPv6 /64."""
    if not address or ip_address(address).version != _IPV6:
        return address
    return str(ip_network(f"{address}/{_NETWORK_BITS}", strict=False))


def parse_networks(texts: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    """Return networks written as `10.0.0.0/8` or as single addresses.

    Raises:
        ValueError: one is no network.
    """
    return tuple(ip_network(text, strict=False) for text in texts)


def addresses_in_scope(scope: Mapping[str, object]) -> str:
    """Return the client's address of an ASGI connection."""
    peer = scope.get("client")
    headers = scope.get("headers")
    forwarded = b", ".join(
        value
        for name, value in (headers if isinstance(headers, list | tuple) else ())
        if name == b"x-forwarded-for"
    )
    host = peer[0] if isinstance(peer, list | tuple) and peer else ""
    return resolve_address(str(host), forwarded.decode("latin-1"))


@lru_cache(_REMEMBERED)
def _is_trusted(address: str, trusted: tuple[str, ...]) -> bool:
    parsed = ip_address(address)
    return any(parsed in one for one in _proxies(trusted))


@cache
def _proxies(texts: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    return parse_networks(texts)


def _plain(text: str) -> str:
    """Return an address without zone, port or IPv4 mapping, "" for anything else."""
    text = text.strip()
    # What anybody may send is not remembered at any length.
    return _parsed(text) if len(text) <= _LONGEST else ""


@lru_cache(_REMEMBERED)
def _parsed(text: str) -> str:
    try:
        parsed = ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    mapped = getattr(parsed, "ipv4_mapped", None)
    return str(mapped or parsed)
