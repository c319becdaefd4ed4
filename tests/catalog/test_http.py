from __future__ import annotations

import httpx2
import pytest

from apps.core.http import PrivateAddressError, is_public, open_http_client
from tests.fakes.llm_server import FakeLLM


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",  # noqa: S104 (it is refused)
        "10.0.0.1",
        "100.64.0.1",
        "127.0.0.1",
        "169.254.169.254",
        "198.18.0.1",
        "224.0.0.1",
        "::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "2002:a00:1::",
        "fe80::1%eth0",
        "fc00::1",
        "ff02::1",
    ],
)
def test_an_address_that_not_everyone_reaches_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_other_addresses_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "127.1"])
async def test_a_user_supplied_address_cannot_lead_to_a_neighbour(host: str) -> None:
    async with FakeLLM() as server, open_http_client(public_only=True) as client:
        url = server.root_url.replace("127.0.0.1", host)
        with pytest.raises(PrivateAddressError):
            await client.get(f"{url}/v1/models")
    assert server.requests == []


async def test_a_name_that_does_not_resolve_is_a_connection_error() -> None:
    async with open_http_client(public_only=True) as client:
        with pytest.raises(httpx2.ConnectError, match="cannot resolve"):
            await client.get("http://nowhere.invalid/")


async def test_a_client_has_a_name_and_a_limit_of_time() -> None:
    async with (
        FakeLLM() as server,
        open_http_client(is_local=True, read_seconds=7) as client,
    ):
        await client.get(f"{server.base_url}/models")
    assert server.requests[0].headers["user-agent"] == "Assay"
    assert client.timeout.read == 7
    assert client.timeout.connect == 10


async def test_a_local_client_asks_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "")
    async with FakeLLM() as server, open_http_client(is_local=True) as client:
        response = await client.get(f"{server.base_url}/models")
    assert response.status_code == 200
