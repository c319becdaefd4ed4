"""`Idempotency-Key` on a request that starts a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from apps.accounts.models import KeptAnswer, TierOverride
from apps.benchmarks.models import Run
from tests.on_demand.cast import entitle, furnish, post

if TYPE_CHECKING:
    from django.test import Client

    from tests.accounts.cast import Cast

pytestmark = pytest.mark.django_db
KEY = '"8e03978e-40d5-43dd-bc93-6894a57f9324"'


@pytest.fixture
def member(client: Client, team: Cast) -> Client:
    furnish(team)
    client.force_login(team.teammate)
    return client


def test_a_request_that_is_sent_twice_starts_one_run(
    member: Client, team: Cast
) -> None:
    first, second = (post(member, team, KEY) for _ in range(2))
    assert (first.status_code, second.status_code) == (202, 202)
    assert first.content == second.content
    assert second.headers["Location"] == first.headers["Location"]
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert Run.objects.count() == 1


def test_another_request_under_the_key_is_refused(member: Client, team: Cast) -> None:
    post(member, team, KEY)
    response = post(member, team, KEY, iterations=2)
    assert response.status_code == 422
    assert response.json()["code"] == "idempotency_mismatch"
    assert Run.objects.count() == 1


def test_without_a_key_each_request_starts_a_run(member: Client, team: Cast) -> None:
    for _ in range(2):
        post(member, team)
    assert (Run.objects.count(), KeptAnswer.objects.count()) == (2, 0)


def test_a_refusal_is_not_kept(member: Client, team: Cast) -> None:
    TierOverride.objects.all().delete()
    assert post(member, team, KEY).status_code == 403
    entitle(team.workspace.id)
    assert post(member, team, KEY).status_code == 202


def test_what_is_no_key_is_named(member: Client, team: Cast) -> None:
    response = post(member, team, "a b")
    assert response.status_code == 422
    assert "Idempotency-Key" in response.json()["detail"]
    assert not Run.objects.exists()
