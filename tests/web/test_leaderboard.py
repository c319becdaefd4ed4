from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

import pytest

from apps.catalog.models import Model
from tests.on_demand.cast import entitle
from tests.web import cast

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db
PAGE = "/leaderboard/starter/"


def read(client: Client, address: str, **headers: str) -> str:
    response = client.get(address, headers=headers)
    assert response.status_code == 200
    return response.content.decode()


def test_a_line_shows_rank_score_interval_and_counts(client: Client) -> None:
    cast.make_graded_run()
    row = read(client, PAGE).split("<tbody>")[1].split("</tr>")[0]
    assert "Strong" in row
    assert "<b>100.0 %</b>" in row
    assert '<svg class="interval"' in row
    assert "95 % interval" in row
    assert "6 answers" in row


def test_unscored_answers_are_counted_and_led_to(client: Client) -> None:
    cast.make_graded_run()
    weak = Model.objects.get(name="weak").id
    link = f"{PAGE}{weak}/?period=7d&amp;version=1&amp;verdict=unscored"
    assert f'<a href="{link}">1</a>' in read(client, PAGE)
    evidence = read(client, link.replace("&amp;", "&"))
    assert evidence.count('<span class="tag unscored">') == 1
    assert "the provider did not answer" in evidence


def test_the_evidence_has_exactly_the_answers_that_were_counted(
    client: Client,
) -> None:
    cast.make_graded_run()
    weak = Model.objects.get(name="weak").id
    page = read(client, f"{PAGE}{weak}/")
    figures = dict(re.findall(r"<dt>(\w+)</dt>\s*<dd>\s*(\d+)", page))
    assert figures == {"Passed": "1", "Failed": "4", "Unscored": "1"}
    assert page.count("data-expand ") == 6


def test_a_newer_version_without_results_hides_neither_figures_nor_evidence(
    client: Client,
) -> None:
    cast.make_graded_run()
    cast.make_suite(7)
    weak = Model.objects.get(name="weak").id
    for address in (PAGE, f"{PAGE}?version=1"):
        link = f"{PAGE}{weak}/?period=7d&amp;version=1"
        assert link in read(client, address)
    assert read(client, f"{PAGE}{weak}/").count("data-expand ") == 6
    assert "No results in this period" in read(client, f"{PAGE}?version=2")
    assert client.get(f"{PAGE}?version=3").status_code == 404


def test_runs_of_a_workspace_are_neither_counted_nor_evidence(client: Client) -> None:
    workspace = cast.make_workspace()
    model_id = cast.make_model()
    run_id = cast.make_run(cast.make_suite(), model_id, workspace_id=workspace.id)
    cast.grade(run_id, cast.always)
    assert "No results in this period" in read(client, PAGE)
    assert "data-expand " not in read(client, f"{PAGE}{model_id}/")


@pytest.mark.parametrize(
    ("sort", "first", "direction"),
    [
        ("score", "Strong", "descending"),
        ("-score", "Weak", "ascending"),
        ("model", "Strong", "ascending"),
        ("-model", "Weak", "descending"),
        ("unscored", "Weak", "descending"),
    ],
)
def test_the_address_decides_the_order(
    client: Client, sort: str, first: str, direction: str
) -> None:
    cast.make_graded_run()
    html = read(client, f"{PAGE}?sort={sort}")
    assert html.count("aria-sort=") == 1
    assert f'aria-sort="{direction}"' in html
    assert first in html.split("<tbody>")[1].split("</tr>")[0]


def test_a_heading_turns_its_own_order_round(client: Client) -> None:
    cast.make_graded_run()
    assert 'href="?sort=-score"' in read(client, f"{PAGE}?sort=score")
    assert 'href="?sort=score"' in read(client, f"{PAGE}?sort=-score")


@pytest.mark.parametrize("query", ["period=2d", "sort=luck"])
def test_an_unknown_wish_is_answered_with_what_is_known(
    client: Client, query: str
) -> None:
    cast.make_suite()
    response = client.get(f"{PAGE}?{query}")
    assert response.status_code == 422
    assert "is unknown; use " in response.content.decode()


def test_a_page_that_moves_gets_only_its_table(client: Client) -> None:
    cast.make_graded_run()
    fragment = read(client, PAGE, **{"HX-Request": "true", "HX-Target": "board"})
    assert fragment.lstrip().startswith('<div id="board"')
    assert "<html" not in fragment


def test_pairs_are_compared_with_the_test_named(client: Client) -> None:
    cast.make_graded_run()
    html = read(client, PAGE)
    assert "0 of 1 pair told apart" in html
    assert "exact McNemar" in html


def test_the_json_twin_is_what_the_rest_api_returns(client: Client) -> None:
    cast.make_graded_run()
    twin = client.get("/leaderboard/starter.json?period=1d&sort=-score").json()
    rest = client.get("/api/v1/leaderboard?suite=starter&period=1d&sort=-score")
    assert twin == rest.json()
    assert [row["model"] for row in twin["rows"]] == ["local/weak", "local/strong"]


def test_the_csv_twin_has_the_same_lines(client: Client) -> None:
    cast.make_graded_run()
    text = client.get("/leaderboard/starter.csv").content.decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["model"] for row in rows] == ["local/strong", "local/weak"]
    assert rows[0]["mean"] == "1.0"
    assert rows[1]["unscored"] == "1"


def test_a_private_suite_does_not_exist_for_a_stranger(client: Client) -> None:
    member = cast.make_person("member@example.org")
    workspace = cast.make_workspace(member)
    cast.make_suite(slug="secret", is_public=False, workspace_id=workspace.id)
    for address in ("/leaderboard/secret/", "/leaderboard/secret.json"):
        assert client.get(address).status_code == 404
    client.force_login(member)
    entitle(workspace.id, "private_suites")
    assert client.get("/leaderboard/secret/").status_code == 200


def test_a_run_that_goes_on_is_shown_above_the_table(client: Client) -> None:
    version_id, model_id = cast.make_suite(), cast.make_model()
    run_id = cast.make_run(version_id, model_id)
    html = read(client, "/")
    assert f'<a href="/runs/{run_id}/">' in html
    assert "0 of 6 answers graded" in html
