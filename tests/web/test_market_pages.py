from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from apps.markets.domain.markets import Nature, VenueKind
from apps.markets.models import Market, Venue
from tests.accounts.cast import make_cast
from tests.markets.make import make_market, make_venue
from tests.web.market_cast import make_shown, make_simulated

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db


def read(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, address
    return response.content.decode()


def test_a_line_of_the_list_says_how_old_its_price_is_and_what_is_wrong_with_it(
    client: Client,
) -> None:
    now = datetime.now(UTC)
    make_market("rain", quoted_at=now - timedelta(hours=3, minutes=20), flags=2 | 4)
    row = read(client, "/markets/").split("<tbody>")[1].split("</tr>")[0]
    assert "Will there be rain?" in row
    assert "60.0 %" in row
    spread = ("59.5 %", "60.5 %")
    assert " – ".join(f'<span class="nowrap">{one}</span>' for one in spread) in row
    assert "3 h ago" in row
    assert '<span class="tag flag">wide</span>' in row
    assert '<span class="tag flag">stale</span>' in row


def test_the_address_filters_by_venue_status_and_words(client: Client) -> None:
    kalshi = make_venue("kalshi", kind=VenueKind.KALSHI.value)
    make_market("rain")
    make_market("snow", venue=kalshi, status="closed")
    for query in ("venue=kalshi", "status=closed", "q=SNOW", "nature=live&q=snow"):
        html = read(client, f"/markets/?{query}")
        assert "Will there be snow?" in html, query
        assert "Will there be rain?" not in html, query
    assert "No market fits" in read(client, "/markets/?q=hail")
    assert client.get("/markets/?status=lost").status_code == 422
    assert client.get("/markets/?venue=nowhere").status_code == 422


def test_more_markets_follow_on_the_next_page(client: Client) -> None:
    for n in range(35):
        make_market(f"m{n}")
    seen: set[str] = set()
    address = "/markets/"
    for _ in range(2):
        html = read(client, address)
        seen |= set(re.findall(r'<a href="(/markets/[0-9a-f-]{36}/)"', html))
        following = re.search(r'href="(\?cursor=[^"]*)"\s*rel="next"', html)
        address = f"/markets/{following.group(1)}" if following else ""
    assert len(seen) == 35
    assert address == ""


def test_where_no_venue_is_live_every_page_says_so(client: Client) -> None:
    made = make_simulated()
    html = read(client, "/markets/")
    assert "No live market is known here" in html
    assert '<span class="tag simulated">simulated</span>' in html
    assert "<strong>Simulated.</strong>" in read(client, f"/markets/{made.market_id}/")
    Venue.objects.update(nature=Nature.RECORDED.value)
    recorded = read(client, f"/markets/{made.market_id}/")
    assert "<strong>Recorded.</strong>" in recorded


def test_a_venue_that_fails_is_named_with_its_failure(client: Client) -> None:
    make_market(
        venue=make_venue(failed_at=datetime.now(UTC), failure="answered 503 <b>")
    )
    html = read(client, "/markets/")
    assert "<strong>1 venue fails.</strong>" in html
    assert "<li>Polymarket, since" in html
    assert "answered 503 &lt;b&gt;" in html


def test_a_venue_that_was_never_reached_is_no_alarm(client: Client) -> None:
    make_venue("kalshi", display_name="Kalshi", failed_at=datetime.now(UTC))
    make_market(venue=make_venue())
    html = read(client, "/markets/")
    assert "Not reached so far: Kalshi. No price of it is shown." in html
    assert "notice bad" not in html
    assert "venue=kalshi" not in html


def test_the_headline_counts_what_is_found(client: Client) -> None:
    for name, question in (("a", "Gauge 7 above 3?"), ("b", "Gauge 8 above 327?")):
        make_market(name, question=question)
    assert "<strong>1 found</strong> of 2 markets" in read(
        client, "/markets/?q=gauge+7"
    )
    assert "<strong>2 found</strong> of 2 markets" in read(client, "/markets/?q=gau")
    assert "found" not in read(client, "/markets/").split("</header>")[1][:400]


def test_an_empty_list_says_what_to_do(client: Client) -> None:
    html = read(client, "/markets/")
    assert "markets sync" in html
    assert "markets tape" in html


def test_a_market_shows_quotes_settlement_and_predictions(client: Client) -> None:
    shown = make_shown()
    html = read(client, f"/markets/{shown.market.pk}/")
    drawn = dict(re.findall(r'<path class="(\w+)" d="([^"]*)"', html))
    assert drawn["hole"].count("h0") == 1
    assert "30 valid quotes and 1 flagged ones" in html
    assert f"/predictions/{shown.prediction.pk}/" in html
    settled = read(client, f"/markets/{shown.settled.market_id}/")
    assert "the first outcome came" in settled
    assert "final price" in settled
    assert "No quote in this period" in settled


def test_a_market_lists_only_the_predictions_that_one_may_see(client: Client) -> None:
    people = make_cast()
    shown = make_shown(people.workspace)
    door = f"/predictions/{shown.prediction.pk}/"
    address = f"/markets/{shown.market.pk}/"
    assert door not in read(client, address)
    assert door not in read(client, "/predictions/all/")
    private = f"/predictions/all/?experiment={shown.experiment.pk}"
    assert client.get(private).status_code == 404
    client.force_login(people.viewer)
    assert door in read(client, address)
    assert door in read(client, private)


def test_the_list_of_predictions_filters(client: Client) -> None:
    shown = make_shown()
    every = client.get("/predictions/all.json").json()["items"]
    assert len(every) == 39
    active = client.get("/predictions/all.json?status=ACTIVE").json()["items"]
    assert len(active) == 3
    on_it = client.get(f"/predictions/all.json?market={shown.market.pk}").json()
    assert [row["id"] for row in on_it["items"]] == [str(shown.prediction.pk)]
    assert client.get("/predictions/all/?status=GONE").status_code == 422
    assert client.get("/predictions/all/?market=x").status_code == 422
    text = client.get("/predictions/all.csv?limit=2")
    assert text.content.decode().count("\r\n") == 3
    assert "cursor=" in text.headers["Link"]


def test_twins_of_markets_have_the_same_rows(client: Client) -> None:
    shown = make_shown()
    document = client.get(f"/markets/{shown.market.pk}.json").json()
    assert len(document["quotes"]) == 31
    assert document["quotes"][0]["flags"] == ["wide"]
    text = client.get(f"/markets/{shown.market.pk}.csv").content.decode()
    assert text.splitlines()[0].startswith("observed_at,source,bid")
    listed = client.get("/markets.json?limit=5").json()
    assert len(listed["items"]) == 5
    assert listed["next_cursor"] is not None
    assert "external_id" in client.get("/markets.csv").content.decode()


def test_there_is_no_page_of_a_market_that_is_unknown(client: Client) -> None:
    unknown = make_shown().experiment.pk
    assert not Market.objects.filter(pk=unknown).exists()
    for address in (f"/markets/{unknown}/", f"/markets/?cursor={unknown}"):
        assert client.get(address).status_code == 404


def test_the_venues_to_choose_from_leave_tapes_at_rest_out(client: Client) -> None:
    rested = make_venue("my-backtest", kind="tape", nature="recorded", is_active=False)
    make_market("rain", venue=rested)
    page = client.get("/markets/").content.decode()
    assert "My-backtest" not in page
    chosen = client.get("/markets/", {"venue": "my-backtest"}).content.decode()
    assert "My-backtest" in chosen
    assert "Will there be rain?" in chosen
