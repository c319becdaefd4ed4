"""Which gateway speaks to a venue, and where it finds it."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from django.core.exceptions import ValidationError

from apps.core.errors import InvalidInputError
from apps.markets.domain.markets import Nature, VenueKind
from apps.markets.pipelines.gateways import open_gateway, read_addresses
from apps.markets.pipelines.refresh import refresh_markets
from apps.markets.selectors.venues import get_venue
from tests.fakes.venue_server import Fault
from tests.markets.make import NOW, make_market, make_venue

if TYPE_CHECKING:
    from uuid import UUID

    from pytest_django.fixtures import Settings

    from apps.markets.pipelines.refresh import Refreshed
    from tests.fakes.venue_server import FakeVenues

pytestmark = pytest.mark.django_db


def refresh(*ids: UUID) -> Refreshed:
    return refresh_markets(ids, clock=lambda: NOW)


def test_polymarket_is_found_where_its_row_says(venues: FakeVenues) -> None:
    name = venues.polymarket.add(1, bid="0.40", ask="0.42").condition_id
    market = make_market(name, None, venue=make_venue(addresses=venues.addresses()))
    result = refresh(market.id)
    assert (result.failures, result.rows[market.id].mid) == ({}, Decimal("0.41"))


def test_the_setting_wins_over_the_row(settings: Settings) -> None:
    make_venue(addresses={"gamma": "http://a.example", "clob": "http://b.example"})
    settings.VENUE_ADDRESSES = {"polymarket.gamma": "http://c.example"}
    assert read_addresses(get_venue("polymarket")) == {
        "gamma": "http://c.example",
        "clob": "http://b.example",
    }


def test_one_bad_answer_is_asked_for_again(venues: FakeVenues) -> None:
    name = venues.polymarket.add(1, bid="0.40", ask="0.42").condition_id
    market = make_market(name, None, venue=make_venue(addresses=venues.addresses()))
    venues.break_("gamma", Fault.TRUNCATED, times=1)
    assert set(refresh(market.id).rows) == {market.id}


@pytest.mark.parametrize(
    "settings_of_it", [{"seed": 0}, {"events": "many"}, {"seed": 10_000}]
)
def test_a_simulation_with_odd_settings_is_refused(settings_of_it: Any) -> None:
    venue = make_venue(
        "simulation",
        kind=VenueKind.SIMULATED.value,
        nature=Nature.SIMULATED.value,
        addresses=settings_of_it,
    )
    with pytest.raises(InvalidInputError, match="numbers from 1 to 9999"):
        open_gateway(get_venue("simulation"), clock=lambda: NOW)
    market = make_market(venue=venue)
    assert set(refresh(market.id).failures) == {market.id}


@pytest.mark.parametrize(
    ("addresses", "fault"),
    [
        (["a"], "is not an object"),
        ({"gama": "http://a.example"}, "has 'gama'; this venue has gamma, clob, data"),
        ({"gamma": "a.example"}, "has no address at 'gamma'"),
        ({"gamma": "http://["}, "has no address at 'gamma'"),
        ({"stream": "http://a.example"}, "has no address at 'stream'"),
    ],
)
def test_a_venue_that_is_set_wrongly_fails_alone_and_is_refused_in_the_admin(
    addresses: Any, fault: str
) -> None:
    venue = make_venue(addresses=addresses)
    market = make_market(venue=venue)
    other = make_venue("simulation", kind="simulated", nature="simulated")
    sound = make_market("s1-e0-r0-l0", venue=other)
    result = refresh(market.id, sound.id)
    assert fault in result.failures[market.id]
    assert set(result.rows) == {sound.id}
    with pytest.raises(ValidationError, match=re.escape(fault)):
        venue.full_clean()


def test_a_setting_that_is_no_address_is_refused(settings: Settings) -> None:
    make_venue()
    settings.VENUE_ADDRESSES = {"polymarket.gamma": "nowhere"}
    with pytest.raises(InvalidInputError, match="has no address at 'gamma'"):
        read_addresses(get_venue("polymarket"))
