"""What of a client's address is matched against an allow-list, and what is kept."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network

_KEPT_BITS = {4: 24, 6: 48}
_MAPPED = int(IPv6Address("::ffff:0:0"))
_IPV4 = 4
# Parsing an address takes ten times as long as finding it, and callers come back.
_REMEMBERED = 4096


def parse_network(text: str) -> Network:
    """Return a network, or an address as the network of it alone.

    Raises:
        ValueError: it is neither, or bits beyond its length are set.
    """
    return ip_network(text.strip())


@lru_cache(_REMEMBERED)
def bits_of(address: str) -> str:
    """Return an address as 128 bits in text: a network is a prefix of it.

    IPv4 is written as IPv6 writes it. An empty address stays empty.
    """
    if not address:
        return ""
    parsed = ip_address(address)
    number = int(parsed) + (_MAPPED if parsed.version == _IPV4 else 0)
    return f"{number:0128b}"


def prefix_of(network: Network) -> str:
    """Return the bits that `bits_of` of every address in a network begins with."""
    whole = bits_of(str(network.network_address))
    return whole[: len(whole) - (network.max_prefixlen - network.prefixlen)]


@lru_cache(_REMEMBERED)
def kept_of(address: str) -> str | None:
    """Return what may be kept of an address: a network that many people share."""
    if not address:
        return None
    bits = _KEPT_BITS[ip_address(address).version]
    network = ip_network(f"{address}/{bits}", strict=False)
    return str(network.network_address)
