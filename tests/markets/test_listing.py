"""Lists of markets, and how many stand how."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from apps.core.errors import InvalidInputError, NotFoundError
from apps.markets.domain.markets import MarketStatus, Nature, VenueKind
from apps.markets.selectors.listing import (
    MarketFilter,
    count_markets,
    find_market,
    list_markets,
)
from tests.markets.make import NOW, make_market, make_venue

pytestmark = pytest.mark.django_db


def names(wanted: MarketFilter) -> set[str]:
    return {row.external_id for row in list_markets(wanted).rows}


def test_markets_are_paged_newest_first() -> None:
    for number in range(5):
        make_market(f"m{number}", first_seen_at=NOW + timedelta(minutes=number // 2))
    seen, cursor = [], None
    for _ in range(3):
        page = list_markets(cursor=cursor, limit=2)
        seen += [row.external_id for row in page.rows]
        cursor = page.next_cursor
    assert seen == ["m4", "m3", "m2", "m1", "m0"]
    assert cursor is None


def test_markets_are_filtered() -> None:
    simulated = make_venue("simulation", nature=Nature.SIMULATED.value)
    make_market("rain", event_id="7", event_title="Weather in Oslo")
    make_market("snow", status=MarketStatus.CLOSED.value)
    make_market("hail", venue=simulated)
    assert names(MarketFilter(venue="polymarket")) == {"rain", "snow"}
    assert names(MarketFilter(status=MarketStatus.CLOSED)) == {"snow"}
    assert names(MarketFilter(event="7")) == {"rain"}
    assert names(MarketFilter(query="oslo RAIN")) == {"rain"}
    assert names(MarketFilter(nature=Nature.SIMULATED)) == {"hail"}


def test_an_unknown_venue_or_cursor_is_not_found() -> None:
    with pytest.raises(NotFoundError):
        list_markets(MarketFilter(venue="nowhere"))
    with pytest.raises(NotFoundError):
        list_markets(cursor=UUID(int=1))


def test_a_market_is_found_by_any_of_its_names() -> None:
    market = make_market("0xabc", slug="rain-today")
    for name in (str(market.id), "0xabc", "rain-today", "polymarket:0xabc"):
        assert find_market(name).id == market.id


def test_a_name_of_two_markets_is_refused() -> None:
    make_market("a", slug="same")
    make_market("b", slug="same")
    with pytest.raises(InvalidInputError, match="Several markets are named 'same'"):
        find_market("same")
    with pytest.raises(NotFoundError, match="There is no market 'other'"):
        find_market("other")


def test_markets_are_counted_by_status_venue_and_nature() -> None:
    make_market("a", quoted_at=NOW - timedelta(minutes=59))
    make_market("b", quoted_at=NOW - timedelta(minutes=61))
    make_market("c", status=MarketStatus.RESOLVED.value)
    counts = count_markets(NOW)
    assert (counts.total, counts.open, counts.quoted) == (3, 2, 1)
    assert counts.by_status == {MarketStatus.OPEN: 2, MarketStatus.RESOLVED: 1}
    assert counts.by_venue == {"polymarket": 3}
    assert (counts.by_nature, counts.is_stand_in) == ({Nature.LIVE: 3}, False)


def test_an_installation_without_live_markets_says_so() -> None:
    assert count_markets(NOW).is_stand_in is False
    make_market(venue=make_venue("simulation", nature=Nature.SIMULATED.value))
    assert count_markets(NOW).is_stand_in is True
    assert list_markets().rows[0].is_stand_in is True


def test_a_tape_at_rest_is_listed_by_its_name_alone() -> None:
    played = {"kind": VenueKind.TAPE.value, "nature": Nature.RECORDED.value}
    make_market("hail", venue=make_venue("season", **played))
    rested = make_venue("my-backtest", is_active=False, **played)
    make_market("rain", venue=rested, event_id="7")
    assert names(MarketFilter()) == names(MarketFilter(query="will")) == {"hail"}
    assert names(MarketFilter(nature=Nature.RECORDED)) == {"hail"}
    assert names(MarketFilter(venue="my-backtest")) == {"rain"}
    assert names(MarketFilter(event="7")) == {"rain"}
    counts = count_markets(NOW)
    assert (counts.total, counts.open) == (1, 1)
    assert counts.by_venue == {"season": 1}
