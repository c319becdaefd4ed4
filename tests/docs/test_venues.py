"""What the reference says of venues is what the code does."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from apps.markets.domain import (
    kalshi,
    manifold,
    polymarket,
    polymarket_stream,
    resolution,
)
from apps.markets.domain.markets import (
    UNUSABLE,
    WIDE_SPREAD,
    MarketStatus,
    QuoteFlag,
)
from apps.markets.gateways import polymarket_clob
from apps.markets.gateways import polymarket_stream as stream
from apps.markets.gateways.kalshi import KALSHI_URL
from apps.markets.gateways.manifold import MANIFOLD_URL
from apps.markets.gateways.polymarket import GAMMA_URL, PolymarketGateway
from apps.markets.pipelines import following
from tests.docs.reference import DOCS

if TYPE_CHECKING:
    from types import ModuleType

PAGE = (DOCS / "reference" / "venues.md").read_text()
RULE = re.compile(r'rule\s*=\s*"([a-z_.]+)"')
SOURCE = re.compile(r'(?:source|SOURCE)\s*=\s*"([a-z_.]+)"')
DOMAIN: tuple[ModuleType, ...] = (kalshi, manifold, resolution)


def source_of(module: ModuleType) -> str:
    assert module.__file__ is not None
    return Path(module.__file__).read_text()


def section(title: str) -> str:
    found = re.search(rf"^## {title}$(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found, title
    return found.group(1)


def first_column(title: str) -> list[str]:
    return re.findall(r"^\| `([^`]+)` \|", section(title), re.MULTILINE)


def test_every_flag_is_explained() -> None:
    assert first_column("Flags") == [str(flag.name).lower() for flag in QuoteFlag]


def test_every_status_is_explained() -> None:
    assert first_column("Status") == [status.value for status in MarketStatus]


def test_every_rule_of_settlement_is_explained_and_no_other() -> None:
    rules = {rule for module in DOMAIN for rule in RULE.findall(source_of(module))}
    assert set(first_column("Settlement")) == rules


def test_every_source_of_a_quote_is_named() -> None:
    modules = (kalshi, manifold, polymarket, polymarket_stream)
    named = {name for one in modules for name in SOURCE.findall(source_of(one))}
    assert {name for name in named if f"`{name}`" not in PAGE} == set()
    assert len(named) == 6


def test_what_leaves_a_price_without_meaning_is_named() -> None:
    words = ", ".join(f"`{word}`" for word in UNUSABLE.words)
    assert " and ".join(words.rsplit(", ", 1)) in section("Flags")
    assert str(WIDE_SPREAD) in section("Flags")


@pytest.mark.parametrize(
    ("title", "address"),
    [
        ("Polymarket", GAMMA_URL),
        ("Polymarket", polymarket_clob.CLOB_URL),
        ("Polymarket", polymarket_clob.DATA_URL),
        ("Polymarket", stream.STREAM_URL),
        ("Manifold", MANIFOLD_URL),
        ("Kalshi", KALSHI_URL),
    ],
)
def test_every_address_is_named(title: str, address: str) -> None:
    assert f"`{address}`" in section(title)


def test_the_sizes_of_requests_are_those_of_the_code() -> None:
    told = section("Polymarket")
    assert f"up to {PolymarketGateway.most_at_once} markets in a request" in told
    assert f"{polymarket_clob.MOST_RESOLUTIONS} markets at a time" in told
    assert f"up to {stream.MOST_TOKENS} tokens a connection" in told
    assert f"`PING` every {stream.PING_SECONDS:.0f} seconds" in told
    assert f"after {stream.SILENCE_SECONDS:.0f} seconds without" in told
    assert f"quote every {following.PAUSE_SECONDS:.0f} seconds" in told
