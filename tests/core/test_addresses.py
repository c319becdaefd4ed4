from __future__ import annotations

import pytest

from apps.core.web.addresses import network_of, resolve_address

PROXY, OTHER_PROXY = "10.0.0.1", "10.0.0.2"


@pytest.fixture(autouse=True)
def _proxies(settings: object) -> None:
    settings.TRUSTED_PROXIES = ["10.0.0.0/8", "fd00::/8"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("192.0.2.7", "", "192.0.2.7"),
        ("192.0.2.7", "203.0.113.9", "192.0.2.7"),  # nobody vouches for it
        (PROXY, "203.0.113.9", "203.0.113.9"),
        (PROXY, f"203.0.113.9, {OTHER_PROXY}", "203.0.113.9"),
        (PROXY, "198.51.100.1, 203.0.113.9", "203.0.113.9"),  # the first is a claim
        (PROXY, "", PROXY),
        (PROXY, "nonsense", PROXY),
        (PROXY, "9" * 60_000, PROXY),
        (PROXY, " " * 200 + "203.0.113.9", "203.0.113.9"),
        ("::ffff:192.0.2.7", "", "192.0.2.7"),
        ("fd00::1", "2001:db8::5%eth0", "2001:db8::5"),
        ("", "203.0.113.9", ""),
    ],
)
def test_only_what_a_trusted_proxy_says_is_believed(
    peer: str, forwarded: str, client: str
) -> None:
    assert resolve_address(peer, forwarded) == client


def test_a_client_is_an_address_or_an_ipv6_network() -> None:
    assert network_of("192.0.2.7") == "192.0.2.7"
    assert network_of("2001:db8:1:2:3::4") == "2001:db8:1:2::/64"
    assert network_of("") == ""
