from __future__ import annotations

import pytest

from apps.accounts.domain.addresses import bits_of, kept_of, parse_network, prefix_of


@pytest.mark.parametrize(
    ("network", "inside", "outside"),
    [
        ("192.0.2.0/24", "192.0.2.255", "192.0.3.0"),
        ("192.0.2.7", "192.0.2.7", "192.0.2.6"),
        ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::1"),
        ("0.0.0.0/0", "255.255.255.255", "2001:db8::1"),
        ("::/0", "2001:db8::1", ""),
    ],
)
def test_an_address_in_a_network_begins_with_its_bits(
    network: str, inside: str, outside: str
) -> None:
    prefix = prefix_of(parse_network(network))
    assert bits_of(inside).startswith(prefix)
    assert not prefix or not bits_of(outside).startswith(prefix)


@pytest.mark.parametrize("text", ["", "all", "10.0.0.1/8", "10.0.0.0/33", "1.2.3.4.5"])
def test_what_is_no_network_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_network(text)


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("203.0.113.77", "203.0.113.0"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::"),
        ("", None),
    ],
)
def test_only_a_network_of_an_address_is_kept(address: str, kept: str | None) -> None:
    assert kept_of(address) == kept
