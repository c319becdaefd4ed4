"""A run of a workspace exists for its members alone, at every door."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from apps.accounts.selectors.workspaces import get_viewer
from apps.benchmarks.models import Result, Run, Shard, Task
from apps.benchmarks.pipelines.shards import run_shard
from apps.benchmarks.selectors.leaderboard import get_leaderboard
from apps.benchmarks.selectors.runs import list_active_runs
from apps.benchmarks.services.runs import cancel_run
from tests.accounts.keys import open_streams
from tests.engine.cast import QUICK, clock
from tests.on_demand.cast import entitle, furnish, start

if TYPE_CHECKING:
    from uuid import UUID

    from django.test import Client

    from tests.accounts.cast import Cast
    from tests.fakes.llm_server import FakeLLM

pytestmark = pytest.mark.django_db
MEMBERS = {"owner", "admin", "member", "viewer"}


@pytest.fixture
def run(team: Cast, upstream: FakeLLM) -> Run:
    """A run of the team that is over."""
    open_streams()
    furnish(team, upstream.base_url)
    run_id = start(team).run_id
    run_shard(Shard.objects.get().id, clock=clock, options=QUICK)
    return Run.objects.get(pk=run_id)


def doors_of(run: Run) -> list[str]:
    result = Result.objects.first()
    assert result is not None
    return [
        f"/runs/{run.id}/",
        f"/runs/{run.id}.json",
        f"/runs/{run.id}.csv",
        f"/runs/{run.id}/samples/{result.id}/",
        f"/api/v1/runs/{run.id}",
        f"/api/v1/runs/{run.id}/results",
        f"/api/v1/runs/{run.id}/events",
    ]


def test_only_members_find_it_at_its_addresses(
    client: Client, team: Cast, run: Run
) -> None:
    for role, person in team.everyone.items():
        client.force_login(person)
        for door in doors_of(run):
            status = client.get(door).status_code
            assert (role, door, status) == (role, door, 200 if role in MEMBERS else 404)
    client.logout()
    assert {client.get(door).status_code for door in doors_of(run)} == {404}


def test_lists_and_pages_of_others_say_nothing_of_it(
    client: Client, team: Cast, run: Run
) -> None:
    task, model_id = Task.objects.order_by("position")[0], Shard.objects.get().model_id
    tellers = [
        "/runs/",
        "/runs.json",
        "/runs.csv",
        "/",
        f"/models/{model_id}/",
        f"/models/{model_id}/history.json",
        f"/tasks/{task.id}/",
        "/api/v1/runs",
        f"/api/v1/models/{model_id}/history",
    ]
    for person in (team.stranger, None):
        client.logout()
        if person is not None:
            client.force_login(person)
        for address in tellers:
            said = client.get(address).content.decode()
            assert str(run.id) not in said, address
    client.force_login(team.viewer)
    for address in ("/runs/", f"/tasks/{task.id}/", "/api/v1/runs"):
        assert str(run.id) in client.get(address).content.decode(), address


def test_the_leaderboard_shows_nobody_what_a_workspace_ran(
    team: Cast, run: Run
) -> None:
    for person in (team.owner, team.stranger):
        board = get_leaderboard(
            get_viewer(person, clock()), "numbers", period="7d", now=clock()
        )
        assert (board.rows, board.samples) == ((), 0)


def test_runs_under_way_are_shown_to_members(team: Cast, run: Run) -> None:
    going = start(team).run_id
    assert [one.id for one in list_active_runs(get_viewer(team.viewer, clock()))] == [
        going
    ]
    assert list_active_runs(get_viewer(team.stranger, clock())) == ()


EXPECTED = {"owner": "ok", "admin": "ok", "member": "ok", "viewer": 403}


@pytest.mark.parametrize("over", ["page", "api"])
def test_members_who_may_run_cancel_and_resume_their_runs(
    client: Client, team: Cast, over: str
) -> None:
    furnish(team)
    run_id = start(team).run_id
    for role, person in team.everyone.items():
        client.force_login(person)
        for word, before, after in (
            ("cancel", "queued", "cancelled"),
            ("resume", "cancelled", "queued"),
        ):
            expected = EXPECTED.get(role, 404)
            status = act(client, over, run_id, word)
            assert (role, status in {200, 202, 302}) == (role, expected == "ok")
            assert expected in {"ok", status}
            now = Run.objects.get().status
            assert now == (after if expected == "ok" else "queued")
            assert before != after


def act(client: Client, over: str, run_id: UUID, word: str) -> int:
    if over == "page":
        return client.post(f"/runs/{run_id}/{word}/").status_code
    address = f"/api/v1/runs/{run_id}/{word}"
    sent: dict[str, str] | None = {} if word == "resume" else None
    return client.post(address, sent, content_type="application/json").status_code


def test_staff_cancel_a_members_run_and_do_not_spend_their_money(
    client: Client, team: Cast
) -> None:
    furnish(team)
    run_id = start(team).run_id
    team.stranger.is_staff = True
    team.stranger.save()
    client.force_login(team.stranger)
    assert act(client, "page", run_id, "cancel") == 302
    for over in ("page", "api"):
        assert act(client, over, run_id, "resume") == 403
    assert Run.objects.get().status == "cancelled"


def test_a_run_is_resumed_only_where_it_could_be_started(
    client: Client, team: Cast
) -> None:
    furnish(team)
    run_id = start(team).run_id
    cancel_run(run_id=run_id, now=clock())
    team.workspace.tier_override.delete()
    client.force_login(team.owner)
    assert act(client, "api", run_id, "resume") == 403
    entitle(team.workspace.id)
    assert act(client, "api", run_id, "resume") == 202


def test_a_limit_is_replaced_when_a_run_is_resumed(client: Client, team: Cast) -> None:
    furnish(team)
    run_id = start(team).run_id
    cancel_run(run_id=run_id, now=clock())
    client.force_login(team.owner)
    address = f"/api/v1/runs/{run_id}/resume"
    for limit, status in (("-1", 422), ("2.5", 202)):
        response = client.post(
            address, {"max_cost": limit}, content_type="application/json"
        )
        assert response.status_code == status
    assert response.json()["max_cost"] == "2.5"
