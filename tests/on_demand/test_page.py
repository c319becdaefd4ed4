"""The page on which members start a run of their workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from apps.benchmarks.models import Run
from tests.catalog.own import make_provider
from tests.on_demand.cast import HOOK, add_model, furnish

if TYPE_CHECKING:
    from django.test import Client

    from tests.accounts.cast import Cast

pytestmark = pytest.mark.django_db


def form(team: Cast, **fields: Any) -> dict[str, Any]:
    known = {
        "workspace": str(team.workspace.id),
        "suite": "numbers",
        "models": ["acme/m"],
        "epochs": 1,
    }
    return known | fields


def test_a_member_starts_a_run_of_the_workspace(client: Client, team: Cast) -> None:
    furnish(team)
    client.force_login(team.teammate)
    sent = form(team, categories=["code_review"], limit=2, webhook_url=HOOK)
    response = client.post("/runs/new/", sent)
    run = Run.objects.get()
    assert response.headers["Location"] == f"/runs/{run.id}/"
    assert (run.workspace_id, run.is_on_demand) == (team.workspace.id, True)
    assert (run.trigger, run.samples, run.webhook_url) == ("page", 2, HOOK)
    page = client.get(f"/runs/{run.id}/").content.decode()
    assert "Cancel the run" in page


def test_the_form_offers_what_the_workspace_may_run(client: Client, team: Cast) -> None:
    furnish(team)
    add_model(make_provider("other"), "x")
    client.force_login(team.teammate)
    page = client.get("/runs/new/").content.decode()
    assert "Only members of Bridge builders see the run" in page
    assert 'value="acme/m"' in page
    assert "other/x" not in page
    assert "for want of a key or a price: 1 model." in page


def test_a_workspace_without_the_tier_is_told(client: Client, team: Cast) -> None:
    furnish(team)
    client.force_login(team.stranger)
    page = client.get("/runs/new/").content.decode()
    assert "does not include runs on demand" in page
    mine = str(team.stranger.personal_workspace.id)
    response = client.post("/runs/new/", form(team, workspace=mine))
    assert (response.status_code, Run.objects.count()) == (403, 0)


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"models": ["other/x"]}, "not one of the available"),
        ({"models": []}, "required"),
        ({"webhook_url": "https://127.0.0.1/"}, "not a public address"),
        ({"epochs": 101}, "iterations: use 1 to 100"),
        ({"categories": ["x"]}, "not one of the available"),
    ],
)
def test_a_bad_form_starts_nothing_and_says_why(
    client: Client, team: Cast, fields: dict[str, Any], word: str
) -> None:
    furnish(team)
    client.force_login(team.teammate)
    response = client.post("/runs/new/", form(team, **fields))
    assert response.status_code == 422
    assert word in response.content.decode()
    assert not Run.objects.exists()


def test_another_workspace_is_not_found_and_a_viewer_refused(
    client: Client, team: Cast
) -> None:
    furnish(team)
    client.force_login(team.stranger)
    assert client.post("/runs/new/", form(team)).status_code == 404
    assert client.get("/runs/new/?workspace=x").status_code == 404
    client.force_login(team.viewer)
    assert client.post("/runs/new/", form(team)).status_code == 403
    client.logout()
    assert client.get("/runs/new/").status_code == 403
    assert not Run.objects.exists()


def test_staff_choose_between_the_operators_run_and_their_workspaces(
    client: Client, team: Cast
) -> None:
    furnish(team)
    team.owner.is_staff = True
    team.owner.save()
    client.force_login(team.owner)
    assert "Everybody sees it" in client.get("/runs/new/").content.decode()
    address = f"/runs/new/?workspace={team.workspace.id}"
    assert "Only members of" in client.get(address).content.decode()


def test_the_button_is_there_for_who_is_signed_in(client: Client, team: Cast) -> None:
    for address, words in (("/about/", "Start a run"), ("/runs/", "Run on demand")):
        client.logout()
        assert words not in client.get(address).content.decode()
        client.force_login(team.viewer)
        assert words in client.get(address).content.decode()
