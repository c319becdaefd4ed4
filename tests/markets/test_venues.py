"""The venues that are known from the start, and how they answered."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.core.errors import NotFoundError
from apps.markets.domain.markets import Nature
from apps.markets.models import Venue
from apps.markets.selectors.venues import get_venue, list_venues
from apps.markets.services.venues import load_venues, record_contact
from tests.markets.make import NOW, make_venue

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def test_the_venues_are_loaded_once() -> None:
    assert load_venues(now=NOW) == ("polymarket", "manifold", "kalshi")
    assert load_venues(now=NOW) == ()
    assert [(venue.name, venue.nature) for venue in list_venues()] == [
        ("kalshi", Nature.LIVE),
        ("manifold", Nature.LIVE),
        ("polymarket", Nature.LIVE),
    ]


def test_what_an_operator_changed_of_a_venue_stays() -> None:
    load_venues(now=NOW)
    Venue.objects.filter(name="kalshi").update(is_active=False, addresses={"a": "b"})
    load_venues(now=NOW)
    venue = get_venue("kalshi")
    assert (venue.is_active, venue.addresses) == (False, {"a": "b"})
    assert "kalshi" not in {one.name for one in list_venues(include_inactive=False)}


def test_a_row_of_failures_says_since_when() -> None:
    venue_id = make_venue().id
    record_contact(venue_id=venue_id, failure="down", now=NOW)
    record_contact(venue_id=venue_id, failure="still\n down", now=NOW + HOUR)
    venue = get_venue("polymarket")
    assert (venue.failed_at, venue.failure) == (NOW, "still down")
    record_contact(venue_id=venue_id, failure="", now=NOW + 2 * HOUR)
    venue = get_venue("polymarket")
    assert (venue.failed_at, venue.failure) == (None, "")
    assert venue.synced_at == NOW + 2 * HOUR


def test_an_unknown_venue_is_named_with_those_there_are() -> None:
    make_venue()
    with pytest.raises(NotFoundError) as raised:
        get_venue("nowhere")
    assert str(raised.value) == "No venue is named 'nowhere'; there is polymarket."
