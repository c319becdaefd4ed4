"""Runs on demand by API key, which implies the workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from apps.accounts.domain.keys import KeyPower, Scope
from apps.benchmarks.models import Run
from tests.accounts.keys import bearer, new_key
from tests.on_demand.cast import API, body, furnish, start

if TYPE_CHECKING:
    from django.test import Client
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

    from tests.accounts.cast import Cast

pytestmark = pytest.mark.django_db


def post(
    client: Client, secret: str, address: str = API, sent: Any = None, **more: str
) -> Response:
    return client.post(
        address,
        body() if sent is None else sent,
        content_type="application/json",
        headers=bearer(secret) | more,
    )


def test_a_key_starts_cancels_and_resumes_runs_of_its_workspace(
    client: Client, team: Cast
) -> None:
    furnish(team)
    secret = new_key(team, scopes=(Scope.READ, Scope.RUNS_WRITE)).secret
    first = post(client, secret, **{"Idempotency-Key": "one"})
    again = post(client, secret, **{"Idempotency-Key": "one"})
    assert (first.status_code, again.content) == (202, first.content)
    run = Run.objects.get()
    assert (run.workspace_id, run.created_by_id) == (team.workspace.id, None)
    seen = client.get(first.json()["status_url"], headers=bearer(secret))
    assert seen.json()["run"]["status"] == "queued"
    for word, status, code in (("cancel", "cancelled", 200), ("resume", "queued", 202)):
        done = post(client, secret, f"/api/v1/runs/{run.id}/{word}", {})
        assert (done.status_code, done.json()["status"]) == (code, status)


def test_a_key_without_the_scope_starts_nothing(client: Client, team: Cast) -> None:
    furnish(team)
    reading = new_key(team, power=KeyPower.READ_ONLY, scopes=(Scope.READ,)).secret
    response = post(client, reading)
    assert (response.status_code, response.json()["code"]) == (403, "scope_missing")
    assert not Run.objects.exists()


def test_a_key_names_no_other_workspace(client: Client, team: Cast) -> None:
    furnish(team)
    secret = new_key(team).secret
    other = str(team.stranger.personal_workspace.id)
    response = post(client, secret, sent=body(workspace=other))
    assert (response.status_code, Run.objects.count()) == (404, 0)


def test_the_key_of_another_workspace_finds_no_run(client: Client, team: Cast) -> None:
    furnish(team)
    run_id = start(team).run_id
    theirs = new_key(
        team, team.stranger, workspace_id=team.stranger.personal_workspace.id
    ).secret
    address = f"/api/v1/runs/{run_id}"
    assert client.get(address, headers=bearer(theirs)).status_code == 404
    for word in ("cancel", "resume"):
        assert post(client, theirs, f"{address}/{word}", {}).status_code == 404
    assert Run.objects.get().status == "queued"
