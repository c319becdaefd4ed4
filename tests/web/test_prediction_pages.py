from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from apps.predictions.models import ExperimentScore, Summary
from tests.accounts.cast import make_cast
from tests.markets.make import make_market, make_quote
from tests.web import market_cast
from tests.web.cast import make_person
from tests.web.market_cast import HOSTILE, make_shown

if TYPE_CHECKING:
    from django.test import Client
    from pytest_django import DjangoAssertNumQueries

pytestmark = pytest.mark.django_db
KB = 1000


def read(client: Client, address: str, **headers: str) -> str:
    response = client.get(address, headers=headers)
    assert response.status_code == 200, address
    return response.content.decode()


def test_every_page_keeps_its_budget_of_queries_and_size(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    shown = make_shown()
    client.force_login(make_person("staff@example.org", is_staff=True))
    for address in shown.addresses:
        with django_assert_max_num_queries(10):
            response = client.get(address)
        assert response.status_code == 200, address
        assert len(response.content) <= 50 * KB, address


def test_no_page_runs_or_styles_what_the_policy_forbids(client: Client) -> None:
    for address in make_shown().addresses:
        html = read(client, address)
        assert " style=" not in html, address
        assert not re.search(r"<[^>]*\son[a-z]+=", html), address
        assert not re.findall(r"<script(?![^>]*src=)", html), address
        assert "<img" not in html, address
        assert html.count("<h1") == 1, address


def test_hostile_text_is_shown_as_text(client: Client) -> None:
    shown = make_shown()
    html = read(client, f"/predictions/{shown.prediction.pk}/")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "{{ 7|add:7 }}" in html
    assert HOSTILE not in html
    settled = read(client, f"/predictions/{shown.settled.pk}/")
    assert "&lt;img src=x onerror=alert(2)&gt;" in settled


def test_a_line_of_the_board_says_what_it_stands_on(client: Client) -> None:
    make_shown()
    row = read(client, "/predictions/").split("<tbody>")[1].split("</tr>")[0]
    assert "Knows what it does" in row
    assert '<td class="rank" data-label="Rank">1</td>' in row
    assert '<svg class="interval"' in row
    assert "95 % interval" in row
    assert "provisional: 2 of 14 not settled" in row
    assert "beats the market" in row
    assert "14 events" in row


@pytest.mark.parametrize("sort", ["skill", "convergence", "confidence", "recent"])
def test_the_address_decides_the_order_of_the_board(client: Client, sort: str) -> None:
    make_shown()
    html = read(client, f"/predictions/?sort={sort}")
    (heading,) = re.findall(r'aria-sort="descending">\s*<a id="by-(\w+)"', html)
    assert heading == sort
    fragment = read(client, f"/predictions/?sort={sort}", **{"HX-Target": "board"})
    assert fragment.lstrip().startswith('<div id="board"')


def test_what_is_not_live_is_labelled_and_never_among_the_live(client: Client) -> None:
    make_shown()
    made = market_cast.make_simulated()
    assert "made-up" not in read(client, "/predictions/")
    board = read(client, "/predictions/?nature=simulated")
    assert "made-up" in board
    for html in (board, read(client, f"/predictions/{made.pk}/")):
        assert "<strong>Simulated.</strong>" in html
        assert '<span class="tag simulated">simulated</span>' in html


def test_an_empty_board_says_what_to_do(client: Client) -> None:
    html = read(client, "/predictions/")
    for advice in ("markets sync", "predictions ask", "POST /api/v1/predictions"):
        assert advice in html
    assert "predictions backtest" in read(client, "/predictions/?backtest=yes")
    assert client.get("/predictions/?sort=luck").status_code == 422


def test_a_prediction_shows_flagged_hours_hollow_and_missing_ones_as_gaps(
    client: Client,
) -> None:
    shown = make_shown()
    html = read(client, f"/predictions/{shown.prediction.pk}/")
    drawn = dict(re.findall(r'<path class="(\w+)" d="([^"]*)"', html))
    assert drawn["price"].count("M") == 1
    assert drawn["hole"].count("h0") == drawn["ring"].count("h0") == 2
    assert '<span class="tag flag">wide</span>' in html
    assert "40 valid looks and 2 flagged ones" in html
    assert html.count('<th scope="row" class="nowrap">') == 12


def test_a_prediction_shows_its_evidence(client: Client) -> None:
    shown = make_shown()
    html = read(client, f"/predictions/{shown.prediction.pk}/")
    assert shown.prediction.content_hash in html
    assert shown.prediction.previous_hash in html
    assert "Sample 1, attempt 1: out of range" in html
    assert "$0.0021" in html
    settled = read(client, f"/predictions/{shown.settled.pk}/")
    assert "it came" in settled
    assert "final price" in settled
    assert "outcomePrices" in settled
    assert "+0.1500" in settled


def test_twins_have_the_same_hours_and_lines(client: Client) -> None:
    shown = make_shown()
    one = f"/predictions/{shown.prediction.pk}"
    document = client.get(f"{one}.json").json()
    assert len(document["snapshots"]) == 42
    assert document["snapshots"][0]["flags"] == ["stale"]
    assert document["prediction"]["probability"] == "0.75"
    assert client.get(f"{one}.csv").content.decode().count("\r\n") == 43
    rows = client.get("/predictions.json?sort=recent").json()["rows"]
    assert {row["experiment"] for row in rows} == {"knowing", "copying", "contrary"}
    assert "knowing" in client.get("/predictions.csv").content.decode()


def test_a_private_prediction_does_not_exist_for_a_stranger(client: Client) -> None:
    people = make_cast()
    shown = make_shown(people.workspace)
    one = f"/predictions/{shown.prediction.pk}"
    doors = (f"{one}/", f"{one}.json", f"{one}.csv")
    for person in (None, people.stranger):
        if person is not None:
            client.force_login(person)
        assert {client.get(door).status_code for door in doors} == {404}
        assert {client.post(f"{one}/{do}/").status_code for do in ("pause",)} == {404}
        assert "Knows" not in read(client, "/predictions/")
    client.force_login(people.viewer)
    assert {client.get(door).status_code for door in doors} == {200}
    assert "private" in read(client, "/predictions/")


@pytest.mark.parametrize(
    ("name", "answer"),
    [("owner", 302), ("member", 302), ("viewer", 403), ("stranger", 404)],
)
def test_who_may_run_may_pause_and_take_it_back(
    client: Client, name: str, answer: int
) -> None:
    people = make_cast()
    shown = make_shown(people.workspace)
    client.force_login(people.everyone[name])
    one = f"/predictions/{shown.prediction.pk}/"
    assert client.post(f"{one}pause/").status_code == answer
    paused = Summary.objects.get(pk=shown.prediction.pk).benchmark_status
    assert paused == ("PAUSED" if answer == 302 else "ACTIVE")
    if answer == 302:
        assert ">Resume</button>" in read(client, one)
        assert client.post(f"{one}resume/").status_code == 302
        assert ">Pause</button>" in read(client, one)
    assert client.get(f"{one}pause/").status_code == 405


def test_nobody_pauses_what_has_ended(client: Client) -> None:
    shown = make_shown()
    client.force_login(make_person("staff@example.org", is_staff=True))
    one = f"/predictions/{shown.settled.pk}/"
    assert client.post(f"{one}pause/").status_code == 302
    html = read(client, one)
    assert "its market has ended" in html
    assert ">Pause</button>" not in html


def test_a_prediction_that_nobody_looks_at_any_more_says_that_it_is_stale(
    client: Client,
) -> None:
    shown = make_shown()
    address = f"/predictions/{shown.prediction.pk}/"
    assert "<strong>Stale.</strong> The newest look is of" in read(client, address)
    mine = Summary.objects.filter(pk=shown.prediction.pk)
    mine.update(last_hour=datetime.now(UTC))
    assert "<strong>Stale.</strong>" not in read(client, address)
    mine.update(last_hour=None)
    assert "Nothing has looked at it since" in read(client, address)
    for status in ("PAUSED", "COMPLETED"):
        mine.update(benchmark_status=status)
        assert "<strong>Stale.</strong>" not in read(client, address)


def test_a_board_says_that_its_scores_are_old_while_there_is_something_to_look_at(
    client: Client,
) -> None:
    make_shown()
    stale = "<strong>Stale.</strong> The scores are of"
    assert stale not in read(client, "/predictions/")
    long_ago = datetime.now(UTC) - timedelta(hours=3)
    ExperimentScore.objects.update(computed_at=long_ago)
    assert stale in read(client, "/predictions/")
    Summary.objects.update(benchmark_status="COMPLETED")
    assert stale not in read(client, "/predictions/")


def test_a_tier_hides_nothing_of_what_is_younger_than_its_history(
    client: Client,
) -> None:
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    said = "which is not all of this period"
    for days, is_said in ((1, False), (20, True)):
        market = make_market(f"m{days}", first_seen_at=now - timedelta(days=days))
        make_quote(market, "0.5", now)
        address = f"/markets/{market.pk}/?period=30d"
        assert (said in read(client, address)) is is_said
