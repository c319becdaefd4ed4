"""Askings over REST: listed, cancelled and resumed, by their workspace alone."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import pytest

from apps.accounts.domain.keys import Scope
from apps.accounts.models import Delivery, TierOverride
from apps.core.ids import new_id
from apps.predictions.domain.asking import MOST_ACTIVE
from apps.predictions.models import AskRun, Experiment, Prediction
from apps.predictions.tasks import ask as ask_task
from tests.accounts.keys import bearer, new_key
from tests.on_demand.cast import HOOK
from tests.predictions.test_ask_rest import client_of, post, team, upstream

if TYPE_CHECKING:
    from django.test import Client

    from tests.accounts.cast import Cast

__all__ = ["team", "upstream"]
pytestmark = pytest.mark.django_db
Answer = Any  # what Django's test client returns
RUNS = "/api/v1/predictions/runs"
ROLES = [
    *(("owner", True), ("admin", True), ("member", True)),
    *(("viewer", False), ("stranger", False), ("anonymous", False)),
]
DENIED = {"viewer": 403, "stranger": 404, "anonymous": 401}


def begin(team: Cast, **fields: Any) -> str:
    """Begin an asking over REST; return its address."""
    response = post(client_of(team, "member"), team, **fields)
    assert response.status_code == 202, response.content
    return str(response.json()["status_url"])


def do(client: Client, address: str, what: str, **body: Any) -> Answer:
    return client.post(f"{address}/{what}", body, content_type="application/json")


def table(client: Client, address: str) -> list[dict[str, str]]:
    answer = client.get(address)
    assert answer.status_code == 200, answer.content
    return list(csv.DictReader(answer.content.decode().splitlines()))


def test_an_asking_is_cancelled_told_and_taken_up_again(team: Cast) -> None:
    member, address = client_of(team, "member"), begin(team, webhook_url=HOOK)
    answer = do(member, address, "cancel")
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    assert answer.json()["reason"] == "Cancelled over the API."
    delivery = Delivery.objects.get()
    assert (delivery.kind, delivery.url) == ("ask.ended", HOOK)
    assert do(member, address, "cancel").json() == answer.json()
    ask_task(run_id=address.rsplit("/", 1)[1])
    assert not Prediction.objects.exists()
    again = do(member, address, "resume", max_cost="2.50")
    assert (again.status_code, again.json()["status"]) == (202, "queued")
    assert (again.json()["reason"], again.json()["max_cost"]) == ("", "2.5")
    ask_task(run_id=address.rsplit("/", 1)[1])
    assert member.get(address).json()["status"] == "completed"
    assert Prediction.objects.count() == 1
    assert Delivery.objects.count() == 2


@pytest.mark.parametrize("what", ["cancel", "resume"])
@pytest.mark.parametrize(("role", "may"), ROLES)
def test_members_who_may_run_steer_it_and_nobody_else(
    team: Cast, what: str, role: str, *, may: bool
) -> None:
    address = begin(team)
    before = "cancelled" if what == "resume" else "queued"
    after = "queued" if what == "resume" else "cancelled"
    AskRun.objects.update(status=before)
    answer = do(client_of(team, role), address, what)
    right = 202 if what == "resume" else 200
    assert answer.status_code == (right if may else DENIED[role])
    assert AskRun.objects.get().status == (after if may else before)


@pytest.mark.parametrize("what", ["cancel", "resume"])
@pytest.mark.parametrize(
    ("scopes", "may"),
    [
        ((Scope.READ, Scope.RUNS_WRITE), True),
        ((Scope.READ, Scope.PREDICTIONS_WRITE), False),
    ],
)
def test_a_key_needs_the_scope_of_runs(
    client: Client, team: Cast, what: str, scopes: tuple[Scope, ...], *, may: bool
) -> None:
    address = begin(team)
    AskRun.objects.update(status="queued" if what == "cancel" else "cancelled")
    headers = bearer(new_key(team, scopes=scopes).secret)
    answer = client.post(
        f"{address}/{what}", {}, content_type="application/json", headers=headers
    )
    if may:
        assert answer.status_code in {200, 202}
        return
    assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")
    assert "runs:write" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("status", "what", "word"),
    [
        ("completed", "cancel", "completed already: there is nothing to cancel"),
        ("failed", "cancel", "failed already: there is nothing to cancel"),
        ("queued", "resume", "waits for a worker already"),
    ],
)
def test_a_state_that_does_not_admit_it_is_a_conflict(
    team: Cast, status: str, what: str, word: str
) -> None:
    address = begin(team)
    AskRun.objects.update(status=status)
    answer = do(client_of(team, "member"), address, what)
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert word in answer.json()["detail"]
    assert AskRun.objects.get().status == status


@pytest.mark.parametrize(
    "body", [{"max_cost": "-1"}, {"max_cost": "NaN"}, {"max_costs": "1"}]
)
def test_a_bad_body_changes_nothing(team: Cast, body: dict[str, str]) -> None:
    address = begin(team)
    AskRun.objects.update(status="cancelled")
    answer = do(client_of(team, "member"), address, "resume", **body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
    assert AskRun.objects.get().status == "cancelled"


def test_a_tier_that_ended_resumes_nothing_and_cancels_still(team: Cast) -> None:
    address, member = begin(team), client_of(team, "member")
    TierOverride.objects.all().delete()
    assert do(member, address, "cancel").status_code == 200
    answer = do(member, address, "resume")
    assert (answer.status_code, answer.json()["code"]) == (403, "entitlement_missing")
    assert AskRun.objects.get().status == "cancelled"


def test_no_more_are_resumed_than_may_go_on(team: Cast) -> None:
    member, address = client_of(team, "member"), begin(team)
    assert do(member, address, "cancel").status_code == 200
    for _ in range(MOST_ACTIVE):
        begin(team)
    answer = do(member, address, "resume")
    assert answer.status_code == 409
    assert "wait for one, or cancel it" in answer.json()["detail"]
    assert AskRun.objects.filter(status="cancelled").count() == 1


def test_askings_are_listed_by_state_and_experiment_with_their_tables(
    team: Cast,
) -> None:
    first, member = begin(team, samples=2), client_of(team, "member")
    ask_task(run_id=first.rsplit("/", 1)[1])
    second = begin(team, experiment="other")
    listed = member.get(RUNS).json()
    ids = [one["run_id"] for one in listed["items"]]
    assert [f"{RUNS}/{one}" for one in ids] == [second, first]
    assert listed["items"][1] == member.get(first).json()
    (queued,) = table(member, f"{RUNS}.csv?status=queued")
    assert (queued["run_id"], queued["pending"], queued["cost"]) == (ids[0], "1", "0")
    experiment = Experiment.objects.get(name="trial-acme-m")
    (done,) = table(member, f"{RUNS}.csv?experiment={experiment.pk}")
    assert (done["recorded"], done["attempts"], done["models"]) == ("1", "2", "acme/m")
    (part,) = table(member, f"{first}.csv")
    assert (part["model"], part["attempts_ok"], part["status"]) == (
        *("acme/m", "2"),
        "completed",
    )


def test_pages_of_askings_follow_without_loss_or_repeat(team: Cast) -> None:
    member, made = client_of(team, "member"), {begin(team) for _ in range(3)}
    page = member.get(f"{RUNS}?limit=2").json()
    answer = member.get(f"{RUNS}.csv?limit=2")
    assert f"cursor={page['next_cursor']}" in answer.headers["Link"]
    rest = member.get(f"{RUNS}?limit=2&cursor={page['next_cursor']}").json()
    seen = [one["run_id"] for one in page["items"] + rest["items"]]
    assert len(seen) == 3
    assert {f"{RUNS}/{one}" for one in seen} == made
    assert rest["next_cursor"] is None


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("status=done", 422),
        ("cursor=x", 422),
        ("limit=0", 422),
        ("limit=201", 422),
        ("experiment=x", 404),
    ],
)
def test_what_cannot_be_asked_is_refused(team: Cast, query: str, status: int) -> None:
    for form in ("", ".csv"):
        answer = client_of(team, "member").get(f"{RUNS}{form}?{query}")
        assert answer.status_code == status


def test_askings_are_seen_by_their_workspace_alone(team: Cast) -> None:
    address = begin(team)
    for path in (RUNS, f"{RUNS}.csv", f"{address}.csv"):
        assert client_of(team, "anonymous").get(path).status_code == 401
    stranger = client_of(team, "stranger")
    assert stranger.get(RUNS).json()["items"] == []
    assert stranger.get(f"{RUNS}?workspace={team.workspace.id}").json()["items"] == []
    assert table(stranger, f"{RUNS}.csv") == []
    assert stranger.get(f"{address}.csv").status_code == 404
    assert len(client_of(team, "viewer").get(RUNS).json()["items"]) == 1
    nobody = f"{RUNS}/{new_id()}"
    for what in ("cancel", "resume"):
        answer = do(client_of(team, "member"), nobody, what)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
