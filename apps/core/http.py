"""The one place where clients of outside systems are made.

Each has timeouts, a cap on redirects and a name. What a user supplied as an address
is reached with `public_only`, so that nobody can make this server call its own
neighbours.
"""

from __future__ import annotations

import asyncio
import socket
from ipaddress import IPv6Network, ip_address
from typing import TYPE_CHECKING

import httpx2

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

USER_AGENT = "Assay"
_MAX_REDIRECTS = 3
# Addresses of these networks carry an IPv4 address, which may be a private one.
_TRANSLATED = (IPv6Network("64:ff9b::/96"), IPv6Network("2002::/16"))


class PrivateAddressError(httpx2.ConnectError):
    """The address that a user supplied leads to a network that is not public."""


def is_public(address: str) -> bool:
    """Return whether an IP address, without a zone, is reachable by everyone."""
    parsed = ip_address(address.partition("%")[0])
    if parsed.version == 6:  # noqa: PLR2004 (the number is the name)
        if parsed.ipv4_mapped is not None:
            return is_public(str(parsed.ipv4_mapped))
        if any(parsed in network for network in _TRANSLATED):
            return False
    return parsed.is_global and not parsed.is_multicast


async def resolve_host(host: str) -> Sequence[str]:
    """Return the addresses of a host.

    Raises:
        OSError: it has none.
    """
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


class PublicOnlyTransport(httpx2.AsyncBaseTransport):
    """Connects to public addresses only, and to the very address that it checked.

    The name is resolved here and the connection made to that answer, so that a second
    answer to the same question cannot lead elsewhere.
    """

    def __init__(
        self,
        inner: httpx2.AsyncBaseTransport,
        *,
        resolve: Callable[[str], Awaitable[Sequence[str]]] = resolve_host,
        permits: Callable[[str], bool] = is_public,
    ) -> None:
        """Take the transport that will carry what is let through.

        `resolve` and `permits` are for tests, whose servers are on loopback.
        """
        self._inner = inner
        self._resolve = resolve
        self._permits = permits

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Resolve, check, pin and send.

        Raises:
            PrivateAddressError: one of the host's addresses is not public.
        """
        host = request.url.host
        address = await self._resolve_public(host, request)
        request.extensions = {**request.extensions, "sni_hostname": host}
        request.url = request.url.copy_with(host=address)
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        """Close the transport underneath."""
        await self._inner.aclose()

    async def _resolve_public(self, host: str, request: httpx2.Request) -> str:
        try:
            addresses = await self._resolve(host)
        except OSError as error:
            message = f"cannot resolve {host}: {error.strerror or error}"
            raise httpx2.ConnectError(message, request=request) from error
        if not addresses or not all(self._permits(one) for one in addresses):
            raise PrivateAddressError(
                f"{host} is not a public address", request=request
            )
        return addresses[0]


def refuse_private_host(host: str) -> None:
    """Pass where everything that a name stands for is public at this moment.

    It saves a user a surprise later; that each request is safe is the transport's care.

    Raises:
        OSError: the name stands for nothing, which a typo does.
        PrivateAddressError: it stands for an address that is not public.
    """
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    if not all(is_public(str(entry[4][0])) for entry in found):
        raise PrivateAddressError(f"{host} is not a public address")


def open_http_client(
    *,
    read_seconds: float = 60.0,
    connect_seconds: float = 10.0,
    max_connections: int = 100,
    public_only: bool = False,
    is_local: bool = False,
) -> httpx2.AsyncClient:
    """Return a client that its caller closes.

    `read_seconds` bounds the silence between two pieces of an answer, not the answer.
    `public_only` is for addresses that users supply; `is_local` is for servers of
    this installation, which no proxy stands in front of.
    """
    limits = httpx2.Limits(
        max_connections=max_connections, max_keepalive_connections=max_connections
    )
    transport: httpx2.AsyncBaseTransport | None = None
    if public_only:
        transport = PublicOnlyTransport(
            httpx2.AsyncHTTPTransport(limits=limits, trust_env=False)
        )
    return httpx2.AsyncClient(
        transport=transport,
        limits=limits,
        timeout=httpx2.Timeout(read_seconds, connect=connect_seconds, pool=None),
        follow_redirects=not is_local,
        max_redirects=_MAX_REDIRECTS,
        trust_env=not (public_only or is_local),
        headers={"User-Agent": USER_AGENT},
    )
