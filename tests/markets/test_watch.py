"""What operators see of venues: health, metrics and the admin."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from apps.core.heartbeats import Kind, beat, retire
from apps.markets import registry
from apps.markets.models import Market, Settlement, Tape, Venue
from apps.markets.selectors.health import check_followers, check_venues
from apps.markets.selectors.metrics import (
    CONTRADICTED,
    FAILING,
    MARKETS,
    QUOTE_AGE,
    read_markets,
)
from tests.markets.make import NOW, make_market, make_venue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client
    from pytest_django.fixtures import DjangoAssertNumQueries

pytestmark = pytest.mark.django_db
LONG = timedelta(minutes=30)


@pytest.fixture
def watched() -> Iterator[Market]:
    market = make_market()
    registry.register_watcher("test", lambda: {market.id})
    yield market
    del registry._watchers["test"]


def fail(since: timedelta) -> None:
    Venue.objects.update(failed_at=NOW - since, failure="answered 500")


def test_a_venue_that_fails_long_while_it_is_watched_is_not_well(
    watched: Market,
) -> None:
    fail(LONG)
    finding = check_venues(NOW)
    assert finding.ok is False
    assert finding.detail == (
        "polymarket has been failing for 30 minutes, and 1 of its markets are "
        "watched: answered 500"
    )
    Market.objects.update(status="resolved")
    assert check_venues(NOW).ok is True
    assert watched.venue.name == "polymarket"


@pytest.mark.usefixtures("watched")
def test_a_short_failure_is_no_news() -> None:
    fail(LONG - timedelta(seconds=1))
    assert check_venues(NOW).detail == "none has been failing for 30 minutes"


def test_a_venue_that_nobody_watches_may_be_down() -> None:
    make_market()
    fail(LONG)
    finding = check_venues(NOW)
    assert (finding.ok, finding.detail) == (
        True,
        "failing, and watched by nobody: polymarket",
    )


@pytest.fixture
def silent() -> Iterator[None]:
    """A follower that reported an hour ago."""
    at = NOW - timedelta(hours=1)
    beat(Kind.FOLLOWER, "lost@test", at, {"ticked_at": at.isoformat()})
    yield
    retire(Kind.FOLLOWER, "lost@test")


@pytest.mark.usefixtures("silent")
def test_a_follower_that_fell_silent_is_missed_where_something_is_to_follow(
    watched: Market,
) -> None:
    assert check_followers(NOW).detail == "nothing to follow at a live venue"
    Market.objects.update(token_ids=["1", "2"])
    finding = check_followers(NOW)
    assert (finding.ok, finding.detail) == (False, "last reported 60 min ago")
    assert finding.advice.startswith("Start a follower")
    for changed in ({"nature": "recorded"}, {"nature": "live", "is_active": False}):
        Venue.objects.filter(pk=watched.venue_id).update(**changed)
        assert check_followers(NOW).ok


@pytest.mark.usefixtures("watched")
def test_what_is_watched_is_not_read_where_no_follower_is_missed(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    Market.objects.update(token_ids=["1", "2"])
    with django_assert_num_queries(0):
        assert check_followers(NOW).ok


def test_metrics_tell_markets_apart_by_the_nature_of_their_venue() -> None:
    make_market("a", quoted_at=NOW - timedelta(seconds=5))
    ended = make_market("b", status="resolved", quoted_at=None)
    Settlement.objects.create(market=ended, payout=1, rule="r", contradicted_at=NOW)
    make_venue("simulation", nature="simulated", failed_at=NOW - LONG)
    told = {(one.metric, one.labels): one.value for one in read_markets(NOW)}
    assert told == {
        (MARKETS, ("polymarket", "live", "open")): 1,
        (MARKETS, ("polymarket", "live", "resolved")): 1,
        (QUOTE_AGE, ("polymarket", "live")): 5.0,
        (FAILING, ("polymarket", "live")): 0.0,
        (FAILING, ("simulation", "simulated")): 1800.0,
        (CONTRADICTED, ("polymarket",)): 1,
    }


@pytest.mark.parametrize("kind", ["venue", "market"])
def test_the_admin_shows_what_venues_said_and_adds_nothing(
    admin_client: Client, kind: str
) -> None:
    market = make_market()
    Settlement.objects.create(market=market, payout=1, rule="r", contradicted_at=NOW)
    Tape.objects.create(
        venue=market.venue, content=b"x", markets=1, entries=1, begins_at=NOW,
        ends_at=NOW,
    )  # fmt: skip
    shown = {"venue": market.venue, "market": market}[kind]
    page = reverse(f"admin:markets_{kind}_change", args=[shown.pk])
    assert admin_client.get(page).status_code == 200
    added = admin_client.get(reverse(f"admin:markets_{kind}_add"))
    deleted = admin_client.post(
        reverse(f"admin:markets_{kind}_delete", args=[shown.pk]), {"post": "yes"}
    )
    assert (added.status_code, deleted.status_code) == (403, 403)
    assert Market.objects.exists()


def test_the_admin_finds_contradicted_settlements(admin_client: Client) -> None:
    market = make_market("rain")
    make_market("snow")
    Settlement.objects.create(market=market, payout=1, rule="r", contradicted_at=NOW)
    page = reverse("admin:markets_market_changelist")
    found = admin_client.get(page, {"settlement": "contradicted"}).content.decode()
    assert "Will there be rain?" in found
    assert "Will there be snow?" not in found


def test_a_venue_can_be_switched_off_and_moved(admin_client: Client) -> None:
    venue = make_venue()
    page = reverse("admin:markets_venue_change", args=[venue.pk])
    form = {
        "display_name": "P",
        "addresses": '{"gamma": "http://a.example"}',
        "tape-TOTAL_FORMS": "0",
        "tape-INITIAL_FORMS": "0",
    }
    assert admin_client.post(page, form).status_code == 302
    venue.refresh_from_db()
    assert (venue.is_active, venue.addresses, venue.nature) == (
        False,
        {"gamma": "http://a.example"},
        "live",
    )
