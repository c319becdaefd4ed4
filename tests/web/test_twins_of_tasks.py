from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import pytest

from apps.accounts.models import Workspace
from apps.benchmarks.models import Task
from apps.catalog.models import Model
from tests.web import cast

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db


def rows_of(client: Client, path: str) -> list[dict[str, str]]:
    text = client.get(path).content.decode()
    assert cast.REFERENCE not in text
    return list(csv.DictReader(text.splitlines()))


def json_of(client: Client, path: str) -> Any:
    response = client.get(path)
    assert cast.REFERENCE not in response.content.decode()
    return response.json()


def test_the_suites_have_twins(client: Client) -> None:
    cast.make_graded_run()
    (row,) = rows_of(client, "/suites.csv")
    (item,) = json_of(client, "/suites.json")["items"]
    assert (row["suite_slug"], row["tasks"]) == ("starter", "6")
    assert (item["suite_slug"], item["tasks"]) == ("starter", 6)


def test_a_suite_has_twins_with_its_prompts_and_without_its_checks(
    client: Client,
) -> None:
    cast.make_graded_run()
    rows = rows_of(client, "/suites/starter.csv")
    said = json_of(client, "/suites/starter.json")
    assert [row["task_id"] for row in rows] == [f"pairs/{n}" for n in range(6)]
    assert [one["prompt"] for one in said["tasks"]] == [row["prompt"] for row in rows]
    assert "424242" not in str(said)


def test_a_task_has_twins_with_every_models_pass_rate(client: Client) -> None:
    cast.make_graded_run()
    task = Task.objects.get(key="pairs/1")
    rows = rows_of(client, f"/tasks/{task.id}.csv?period=7d")
    assert [(row["model"], float(row["mean"])) for row in rows] == [
        ("local/strong", 1.0),
        ("local/weak", 0.0),
    ]
    said = json_of(client, f"/tasks/{task.id}.json")
    assert (said["task"]["task_id"], len(said["recent"])) == ("pairs/1", 2)
    assert "424242" not in str(said)


def test_evidence_has_twins_that_keep_the_verdict_asked_for(client: Client) -> None:
    cast.make_graded_run()
    path = f"/leaderboard/starter/{Model.objects.get(name='weak').id}"
    said = json_of(client, f"{path}.json")
    counts = (said["passed"], said["failed"], said["unscored"], len(said["items"]))
    assert counts == (1, 4, 1, 6)
    rows = rows_of(client, f"{path}.csv?verdict=fail&limit=2")
    assert [row["verdict"] for row in rows] == ["fail", "fail"]
    page = client.get(f"{path}/?verdict=fail").content.decode()
    assert f'href="{path}.csv?verdict=fail"' in page


@pytest.mark.parametrize("end", ["json", "csv"])
def test_what_a_stranger_may_not_see_has_no_twin(client: Client, end: str) -> None:
    owner = Workspace.objects.create(name="Theirs")
    cast.make_suite(slug="secret", is_public=False, workspace_id=owner.id)
    task = Task.objects.get(key="pairs/1")
    assert "secret" not in client.get(f"/suites.{end}").content.decode()
    for path in (f"/suites/secret.{end}", f"/tasks/{task.id}.{end}"):
        response = client.get(path)
        assert response.status_code == 404
        assert response.headers["Content-Type"] == "application/problem+json"
