from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from apps.accounts.selectors.workspaces import ANONYMOUS
from apps.benchmarks.models import ModelDay, SuiteVersion, Task, TaskDay
from apps.benchmarks.selectors.leaderboard import (
    MOST_PAIRS,
    get_board_revision,
    get_leaderboard,
)
from apps.catalog.models import Model
from tests.web import cast

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db
MODELS = 300
PAIRS = MODELS * (MODELS - 1) // 2
PAGE = "/leaderboard/starter/"


def make_big_board() -> None:
    """Stand 300 models on one suite, by its rollups alone."""
    first = Model.objects.get(pk=cast.make_model("model-000"))
    rest = Model.objects.bulk_create(
        Model(provider=first.provider, name=f"model-{n:03}", display_name=f"Model {n}")
        for n in range(1, MODELS)
    )
    now, version_id = cast.clock(), cast.make_suite(12)
    tasks = list(Task.objects.filter(suite_version_id=version_id))
    SuiteVersion.objects.filter(pk=version_id).update(revision=1)
    at = {"suite_version_id": version_id, "day": now.date(), "scored": 1}
    for n, model in enumerate([first, *rest]):
        ModelDay.objects.create(**at, model=model, revision=1, last_result_at=now)
        TaskDay.objects.bulk_create(
            TaskDay(**at, model=model, task=task, score_sum=float(n % 13 > place))
            for place, task in enumerate(tasks)
        )


def read(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    assert len(response.content) <= 50_000
    return response.content.decode()


def test_three_hundred_models_stand_on_pages_within_the_budget(client: Client) -> None:
    make_big_board()
    seen: list[str] = []
    for number in range(1, 16):
        table = read(client, f"{PAGE}?sort=model&page={number}").split("</table>")[0]
        seen += [row.split("</a>")[0] for row in table.split('"name">')[1:]]
    assert len(set(seen)) == len(seen) == MODELS
    assert f"of {PAIRS:,} pairs told apart" in read(client, "/")
    assert client.get(f"{PAGE}?page=16").status_code == 422


def test_of_many_pairs_the_most_telling_are_sent_and_all_on_request(
    client: Client,
) -> None:
    make_big_board()
    board = client.get("/leaderboard/starter.json").json()
    assert (len(board["pairs"]), board["pairs_compared"]) == (MOST_PAIRS, PAIRS)
    rest = client.get("/api/v1/leaderboard?suite=starter").json()
    assert rest == board
    whole = client.get("/leaderboard/starter.json?pairs=all").json()
    assert len(whole["pairs"]) == PAIRS
    widest = sorted((pair["difference"] for pair in whole["pairs"]), reverse=True)
    assert [pair["difference"] for pair in board["pairs"]] == widest[:MOST_PAIRS]


def test_links_keep_the_version_where_it_means_something(client: Client) -> None:
    cast.make_graded_run()
    cast.make_suite(7)
    cast.make_suite(slug="other")
    html = client.get(f"{PAGE}?version=1&sort=-score&period=1d").content.decode()
    twin = "/leaderboard/starter.csv?period=1d&amp;version=1&amp;sort=-score"
    assert twin in html
    assert 'href="/leaderboard/other/?period=1d"' in html


def test_a_board_revision_is_that_of_the_board() -> None:
    cast.make_graded_run()
    now = cast.clock()
    board = get_leaderboard(ANONYMOUS, "starter", now=now)
    assert get_board_revision(ANONYMOUS, "starter", now=now) == board.revision
