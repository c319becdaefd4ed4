"""`POST /api/v1/benchmarks/run`: what is taken, and what is refused by name."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from django.test import Client

from apps.accounts.models import TierOverride, WebhookSecret
from apps.benchmarks.domain.on_demand import MOST_ACTIVE
from apps.benchmarks.models import Run, Shard
from apps.benchmarks.services.suites import store_suite_version
from apps.catalog.models import Model
from tests.catalog.own import make_provider
from tests.engine.cast import NOW, make_specs, make_suite
from tests.on_demand.cast import HOOK, add_model, entitle, furnish, post, start

if TYPE_CHECKING:
    from tests.accounts.cast import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def member(client: Client, team: Cast) -> Client:
    """A member who may run, before a furnished workspace."""
    furnish(team)
    client.force_login(team.teammate)
    return client


def test_a_run_is_started_and_its_address_told(member: Client, team: Cast) -> None:
    response = post(member, team, iterations=2, webhook_url=HOOK)
    assert response.status_code == 202
    told = response.json()
    run = Run.objects.get()
    assert told == {
        "run_id": str(run.id),
        "status": "queued",
        "status_url": f"/api/v1/runs/{run.id}",
        "estimate": {"samples": 8, "cost": "0"},
    }
    assert response.headers["Location"] == told["status_url"]
    assert (run.workspace_id, run.is_on_demand) == (team.workspace.id, True)
    assert (run.trigger, run.created_by_id) == ("api", team.teammate.id)
    assert (run.epochs, run.webhook_url) == (2, HOOK)
    seen = member.get(told["status_url"]).json()["run"]
    assert (seen["status"], seen["is_on_demand"]) == ("queued", True)
    assert "webhook_url" not in seen
    assert WebhookSecret.objects.count() == 1


def test_a_suites_categories_and_first_tasks_are_kept_to(
    member: Client, team: Cast
) -> None:
    categories = ["debugging"]
    store_mixed()
    scenarios = {"suite": "mixed", "categories": categories, "limit": 2}
    response = post(member, team, scenarios=scenarios)
    assert response.json()["estimate"]["samples"] == 2
    manifest = Run.objects.get().manifest
    assert [task["key"] for task in manifest["tasks"]] == ["number/1", "number/3"]
    assert (manifest["categories"], manifest["limit"]) == (categories, 2)


def test_models_are_named_in_full_or_within_providers_or_all(
    member: Client, team: Cast
) -> None:
    add_model(Model.objects.get().provider, "n")
    for models, providers, expected in (
        (["acme/n", "acme/m"], [], {"m", "n"}),
        (["n"], ["acme"], {"n"}),
        ([], ["acme"], {"m", "n"}),
    ):
        told = post(member, team, models=models, providers=providers).json()
        run_id = UUID(told["run_id"])
        shards = Shard.objects.filter(run_id=run_id)
        assert set(shards.values_list("model__name", flat=True)) == expected


@pytest.mark.parametrize(
    ("fields", "where", "word"),
    [
        ({"models": ["acme/x"]}, "models", "no model is named 'acme/x'"),
        ({"models": ["m"]}, "models", "no model is named 'm'"),
        ({"models": ["acme/n"]}, "models", "did you mean acme/m?"),
        ({"models": []}, "models", "name a model, or a provider"),
        ({"models": ["m"], "providers": ["none"]}, "providers", "'none'"),
        ({"models": ["other/m"], "providers": ["acme"]}, "models", "'other/m'"),
        ({"models": ["dear/free\x00"]}, "models", "no model is named"),
        ({"scenarios": {"suite": "x"}}, "scenarios.suite", "suite 'x'"),
        ({"scenarios": {"suite": "a\x00"}}, "scenarios.suite", "There is no suite"),
        (
            {"scenarios": {"suite": "numbers", "categories": ["x", "code_review"]}},
            "scenarios.categories",
            "numbers has no category 'x'; it has code_review",
        ),
    ],
)
def test_a_name_that_stands_for_nothing_is_named(
    member: Client, team: Cast, fields: dict[str, Any], where: str, word: str
) -> None:
    response = post(member, team, **fields)
    told = response.json()
    assert (response.status_code, told["code"]) == (422, "invalid_input")
    found = [one["what"] for one in told["errors"] if one["where"] == where]
    assert any(word in what for what in found), told
    assert not Run.objects.exists()


def test_all_that_is_wrong_is_named_at_once(member: Client, team: Cast) -> None:
    told = post(
        member,
        team,
        scenarios={"suite": "x"},
        models=["acme/x", "acme/y"],
        providers=["none", "acme"],
    ).json()
    assert [one["where"] for one in told["errors"]] == [
        *("scenarios.suite", "providers", "models", "models")
    ]


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"iterations": 0}, "iterations"),
        ({"iterations": 101}, "iterations"),
        ({"max_cost": "-1"}, "max_cost"),
        ({"max_cost": "0.0000001"}, "max_cost"),
        ({"max_cost": "NaN"}, "max_cost"),
        ({"max_cost": "1000000"}, "max_cost"),
        ({"scenarios": "numbers"}, "scenarios"),
        ({"scenarios": {"suite": "numbers", "limit": 0}}, "limit"),
        ({"workspace": "x"}, "workspace"),
        ({"webhook": HOOK}, "webhook"),
        ({"base_url": "http://127.0.0.1/"}, "base_url"),
        ({"api_key": "sk-x"}, "api_key"),
    ],
)
def test_a_value_of_the_wrong_form_is_named(
    member: Client, team: Cast, fields: dict[str, Any], where: str
) -> None:
    response = post(member, team, **fields)
    assert response.status_code == 422
    assert where in response.json()["detail"]
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1/", "http://8.8.8.8/", "https://169.254.169.254/x"]
)
def test_a_callback_to_a_neighbour_is_refused_at_once(
    member: Client, team: Cast, url: str
) -> None:
    response = post(member, team, webhook_url=url)
    assert response.status_code == 422
    assert "webhook_url" in response.json()["detail"]
    assert not Run.objects.exists()


def test_a_tier_without_such_runs_is_named(member: Client, team: Cast) -> None:
    TierOverride.objects.all().delete()
    response = post(member, team)
    told = response.json()
    assert (response.status_code, told["code"]) == (403, "entitlement_missing")
    assert "runs_on_demand" in told["detail"]
    assert not Run.objects.exists()


def test_a_provider_without_a_key_is_named_before_anything_is_made(
    member: Client, team: Cast
) -> None:
    add_model(make_provider("other"), "x")
    response = post(member, team, models=["acme/m", "other/x"], webhook_url=HOOK)
    told = response.json()
    assert (response.status_code, told["code"]) == (422, "credential_missing")
    assert "no credential for other:" in told["detail"]
    assert not Run.objects.exists()
    assert not WebhookSecret.objects.exists()


def test_servers_of_the_operator_are_out_of_reach(member: Client, team: Cast) -> None:
    add_model(make_provider("ours", is_local=True, key_variable=""), "x")
    response = post(member, team, models=["ours/x"])
    assert response.status_code == 422
    assert "belongs to the operator" in response.json()["detail"]


def test_the_embedded_model_needs_no_key(member: Client, team: Cast) -> None:
    inside = make_provider("embedded", gateway="embedded", is_local=True)
    add_model(inside, "tiny")
    assert post(member, team, models=["embedded/tiny"]).status_code == 202


def test_what_costs_money_needs_a_limit(member: Client, team: Cast) -> None:
    acme = Model.objects.get().provider
    add_model(acme, "dear", Decimal(3))
    add_model(acme, "unknown", None)
    refused = post(member, team, models=["acme/m", "acme/dear"])
    assert refused.status_code == 422
    told = refused.json()["errors"]
    assert told == [
        {"where": "max_cost", "what": "say how much may be spent on acme/dear"}
    ]
    unknown = post(member, team, models=["acme/unknown"], max_cost="1")
    assert "no known price" in unknown.json()["detail"]
    assert not Run.objects.exists()
    taken = post(member, team, models=["acme/dear"], max_cost=1.5)
    assert taken.status_code == 202
    assert Run.objects.get().max_cost == Decimal("1.5")


def test_a_workspace_has_five_runs_under_way_at_most(
    member: Client, team: Cast
) -> None:
    for _ in range(MOST_ACTIVE):
        start(team)
    response = post(member, team)
    assert (response.status_code, response.json()["code"]) == (409, "conflict")
    assert Run.objects.count() == MOST_ACTIVE


def test_a_run_has_a_largest_size(member: Client, team: Cast) -> None:
    make_suite(201, slug="long")
    response = post(member, team, scenarios={"suite": "long"}, iterations=100)
    assert response.status_code == 422
    assert "20100 samples" in response.json()["detail"]
    assert not Run.objects.exists()


def test_private_suites_are_run_by_their_workspace_where_its_tier_has_them(
    member: Client, team: Cast
) -> None:
    other = team.stranger.personal_workspace.id
    make_suite(2, slug="ours", is_public=False, workspace_id=team.workspace.id)
    make_suite(2, slug="theirs", is_public=False, workspace_id=other)
    ours = post(member, team, scenarios={"suite": "ours"})
    assert (ours.status_code, ours.json()["code"]) == (403, "entitlement_missing")
    entitle(team.workspace.id, "private_suites")
    assert post(member, team, scenarios={"suite": "ours"}).status_code == 202
    theirs = post(member, team, scenarios={"suite": "theirs"})
    assert "There is no suite 'theirs'" in theirs.json()["detail"]


def test_staff_see_no_more_suites_through_a_workspace(
    client: Client, team: Cast
) -> None:
    furnish(team)
    make_suite(
        2,
        slug="theirs",
        is_public=False,
        workspace_id=team.stranger.personal_workspace.id,
    )
    team.owner.is_staff = True
    team.owner.save()
    client.force_login(team.owner)
    response = post(client, team, scenarios={"suite": "theirs"})
    assert (response.status_code, Run.objects.count()) == (422, 0)


def test_who_may_not_run_starts_nothing(client: Client, team: Cast) -> None:
    furnish(team)
    expected = {"owner": 202, "admin": 202, "member": 202, "viewer": 403}
    for role, person in team.everyone.items():
        client.force_login(person)
        assert (role, post(client, team).status_code) == (role, expected.get(role, 404))
    client.logout()
    response = post(client, team)
    assert (response.status_code, response.json()["code"]) == (401, "not_authenticated")
    assert Run.objects.count() == 3


def test_who_belongs_to_several_workspaces_names_one(
    member: Client, team: Cast
) -> None:
    response = post(member, team, workspace=None)
    assert response.status_code == 422
    assert str(team.workspace.id) in response.json()["detail"]
    entitle(team.stranger.personal_workspace.id)
    member.force_login(team.stranger)
    only = post(member, team, workspace=None)
    assert only.json()["code"] == "credential_missing"


def test_a_page_elsewhere_starts_nothing(team: Cast) -> None:
    furnish(team)
    client = Client(enforce_csrf_checks=True)
    client.force_login(team.owner)
    response = post(client, team)
    assert (response.status_code, response.json()["code"]) == (403, "csrf_failed")
    assert not Run.objects.exists()


def store_mixed() -> None:
    """Store a suite of six tasks, every other one of which is to be debugged."""
    specs = tuple(
        replace(one, category="debugging" if n % 2 else "code_review")
        for n, one in enumerate(make_specs(6))
    )
    store_suite_version(slug="mixed", title="Mixed", specs=specs, now=NOW)


def test_a_missing_field_is_named_by_its_place_in_the_body(member: Client) -> None:
    response = member.post("/api/v1/benchmarks/run", {}, "application/json")
    assert [one["where"] for one in response.json()["errors"]] == ["scenarios"]
