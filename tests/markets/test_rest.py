from __future__ import annotations

import csv
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from apps.markets.domain.markets import QuoteFlag
from apps.markets.models import Settlement
from tests.markets.make import make_market, make_quote, make_venue

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db
API = "/api/v1"


def read(client: Client, address: str) -> dict[str, Any]:
    answer = client.get(f"{API}{address}")
    assert answer.status_code == 200, answer.content
    body: dict[str, Any] = answer.json()
    return body


def test_markets_are_listed_with_their_newest_quote_and_flags_in_words(
    client: Client,
) -> None:
    make_market("snow")
    make_market("rain", flags=int(QuoteFlag.WIDE | QuoteFlag.STALE), status="closed")
    (row,) = read(client, "/markets?status=closed")["items"]
    assert (row["question"], row["mid"], row["nature"]) == (
        "Will there be rain?",
        "0.6",
        "live",
    )
    assert row["flags"] == ["wide", "stale"]
    assert row["settlement"] is None


def test_pages_of_markets_follow_without_loss_or_repeat(client: Client) -> None:
    made = {str(make_market(f"m{n}").pk) for n in range(5)}
    seen: list[str] = []
    address: str | None = "/markets?limit=2"
    while address:
        page = read(client, address)
        seen += [row["id"] for row in page["items"]]
        cursor = page["next_cursor"]
        address = f"/markets?limit=2&cursor={cursor}" if cursor else None
    assert (len(seen), set(seen)) == (5, made)


def test_one_market_is_read_with_its_settlement_and_its_fees(client: Client) -> None:
    market = make_market(status="resolved", source="clob.books", fees={"rate": "0.05"})
    Settlement.objects.create(market=market, payout=1, rule="prices of one and zero")
    body = read(client, f"/markets/{market.pk}")
    assert body["settlement"]["payout"] == "1"
    assert (body["fees"]["rate"], body["source"]) == ("0.05", "clob.books")
    assert client.get(f"{API}/markets/{make_venue().pk}").status_code == 404


def test_quotes_reach_as_far_back_as_the_tier_shows(client: Client) -> None:
    market, now = make_market(), timezone.now()
    for days in (1, 2, 30):
        make_quote(market, "0.5", now - timedelta(days=days), flags=8)
    quotes = read(client, f"/markets/{market.pk}/quotes")["items"]
    assert [quote["flags"] for quote in quotes] == [["cached"], ["cached"]]
    older = f"/markets/{market.pk}/quotes?before={quotes[0]['observed_at']}"
    assert read(client, older)["items"] == quotes[1:]


def test_quotes_of_one_moment_are_never_parted(client: Client) -> None:
    market, now = make_market(), timezone.now()
    make_quote(market, "0.5", now - timedelta(hours=1))
    for source in ("clob.books", "gamma"):
        make_quote(market, "0.5", now - timedelta(hours=2), source=source)
    address = f"/markets/{market.pk}/quotes"
    every = read(client, address)
    assert (len(every["items"]), every["next_cursor"]) == (3, None)
    first = read(client, f"{address}?limit=2")
    assert first["items"] == every["items"][:1]
    rest = read(client, f"{address}?limit=2&cursor={first['next_cursor']}")
    assert rest == {"items": every["items"][1:], "next_cursor": None}
    csv = client.get(f"/api/v1{address}.csv?limit=2")
    assert first["next_cursor"].replace(":", "%3A") in csv.headers["Link"]


def test_the_twins_are_the_same_rows_as_csv(client: Client) -> None:
    market = make_market(question="=1+1")
    make_quote(market, "0.5", timezone.now(), flags=3)
    listed = client.get(f"{API}/markets.csv?limit=1")
    assert listed.headers["Content-Type"] == "text/csv"
    assert "'=1+1" in listed.content.decode()
    quoted = client.get(f"{API}/markets/{market.pk}/quotes.csv").content.decode()
    assert quoted.splitlines()[1].endswith(",one_sided wide")


def test_one_market_and_the_venues_have_twins_with_the_same_fields(
    client: Client,
) -> None:
    market = make_market(status="resolved", fees={"rate": "0.05", "exponent": "1"})
    Settlement.objects.create(market=market, payout=1, rule="prices of one and zero")
    text = client.get(f"{API}/markets/{market.pk}.csv").content.decode()
    (row,) = csv.DictReader(text.splitlines())
    body = read(client, f"/markets/{market.pk}")
    parts = {f"{part}_{name}" for part in ("fees", "settlement") for name in body[part]}
    assert set(row) == set(body) - {"fees", "settlement"} | parts
    assert (row["fees_rate"], row["settlement_payout"]) == ("0.05", "1")
    assert json.loads(row["outcomes"]) == body["outcomes"]
    assert client.get(f"{API}/markets/{make_venue().pk}.csv").status_code == 404
    listed = csv.DictReader(
        client.get(f"{API}/venues.csv").content.decode().splitlines()
    )
    assert [one["name"] for one in listed] == [
        one["name"] for one in read(client, "/venues")["items"]
    ]


def test_an_unsettled_market_of_unknown_fees_leaves_their_cells_empty(
    client: Client,
) -> None:
    text = client.get(f"{API}/markets/{make_market(fees=None).pk}.csv").content.decode()
    (row,) = csv.DictReader(text.splitlines())
    assert (row["fees_rate"], row["settlement_payout"], row["mid"]) == ("", "", "0.6")


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("limit=501", 422),
        ("status=done", 422),
        ("venue=nowhere", 404),
        ("before=yesterday", 200),
        ("limit=101", 403),
        ("query=%00", 422),
    ],
)
def test_what_cannot_be_asked_is_a_problem_that_says_so(
    client: Client, query: str, status: int
) -> None:
    answer = client.get(f"{API}/markets?{query}")
    assert answer.status_code == status, answer.content


def test_a_moment_without_a_zone_is_refused(client: Client) -> None:
    address = f"{API}/markets/{make_market().pk}/quotes?before=2026-11-24T10:00:00"
    answer = client.get(address)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")


@pytest.mark.parametrize(
    ("moment", "status"),
    [("1859-08-10T01:43:21%2B19:00", 200), ("0001-01-01T00:00:00%2B19:00", 422)],
)
@pytest.mark.parametrize("name", ["before", "cursor"])
def test_a_moment_is_read_whatever_its_offset(
    client: Client, name: str, moment: str, status: int
) -> None:
    address = f"{API}/markets/{make_market().pk}/quotes?{name}={moment}"
    assert client.get(address).status_code == status


def test_venues_say_what_they_are(client: Client) -> None:
    make_venue("tape", kind="tape", nature="recorded")
    found = {one["name"]: one["nature"] for one in read(client, "/venues")["items"]}
    assert found["tape"] == "recorded"
