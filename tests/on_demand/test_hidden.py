"""What a workspace is not entitled to any more is hidden at every door, and kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.urls import URLPattern, get_resolver, reverse

from apps.accounts.models import Tier, TierOverride
from apps.accounts.registry import Subject, exporters
from apps.benchmarks.domain.on_demand import Scenarios
from apps.benchmarks.models import Result, Run, Shard, Suite
from apps.benchmarks.pipelines.shards import run_shard
from tests.accounts.keys import bearer, forget_copies, new_key, open_streams
from tests.engine.cast import QUICK, clock, make_suite
from tests.on_demand.cast import entitle, furnish, post, start
from tests.web.cast import make_person

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from uuid import UUID

    from django.test import Client

    from tests.accounts.cast import Cast
    from tests.fakes.llm_server import FakeLLM

pytestmark = pytest.mark.django_db
PRIVATE = "private_suites"
JSON = "application/json"
SLUG = "quiet-bridge"
NAMED = {"slug", "run_id", "task_id"}  # one of these in an address names the suite


def walk(patterns: Any, prefix: str = "") -> Iterator[str]:
    """Every address under which a suite, its runs, tasks or results are found."""
    for pattern in patterns:
        route = f"{prefix}{pattern.pattern}"
        if not isinstance(pattern, URLPattern):
            yield from walk(pattern.url_patterns, route)
        elif NAMED & set(pattern.pattern.converters):
            yield f"/{route}"


DOORS = (
    *walk(get_resolver().url_patterns),
    "/api/v1/leaderboard?suite=<slug:slug>&period=7d",
)
LISTS = (
    "/",
    "/suites/",
    "/suites.json",
    "/suites.csv",
    "/runs/",
    "/runs.json",
    "/runs.csv",
    "/search?q=quiet",
    "/models/<uuid:model_id>/",
    "/models/<uuid:model_id>/history.json",
    "/api/v1/suites",
    "/api/v1/runs",
    "/api/v1/models/<uuid:model_id>/history",
    "/runs/new/?workspace=<uuid:workspace_id>",
)


@pytest.fixture
def run(team: Cast, upstream: FakeLLM) -> Run:
    """A run of the team over its private suite, that is over."""
    open_streams()
    furnish(team, upstream.base_url)
    entitle(team.workspace.id, PRIVATE)
    make_suite(2, slug=SLUG, is_public=False, workspace_id=team.workspace.id)
    run_id = start(team, scenarios=Scenarios(SLUG)).run_id
    run_shard(Shard.objects.get().id, clock=clock, options=QUICK)
    return Run.objects.get(pk=run_id)


def path_of(route: str, run: Run) -> str:
    result = Result.objects.filter(run=run)[0]
    parts = {
        "slug:slug": SLUG,
        "uuid:run_id": run.id,
        "uuid:result_id": result.id,
        "uuid:task_id": result.task_id,
        "uuid:model_id": result.model_id,
        "uuid:workspace_id": run.workspace_id,
    }
    for name, value in parts.items():
        for form in (name, name.split(":")[1]):
            route = route.replace(f"<{form}>", str(value))
    assert "<" not in route
    return route


def knock(client: Client, path: str, **headers: str) -> int:
    """Read what is there; where nothing is read, do it."""
    status = client.get(path, headers=headers).status_code
    if status == 405:
        sent = client.post(path, {}, content_type=JSON, headers=headers)
        status = sent.status_code
    return status


def downgrade(workspace_id: UUID) -> None:
    entitle(workspace_id)
    forget_copies()


def test_addresses_of_every_kind_are_tried() -> None:
    kinds = ("/runs/<", "/suites/", "/tasks/", "/leaderboard/", "/api/v1/runs/")
    assert all(any(one.startswith(kind) for one in DOORS) for kind in kinds)
    assert len(DOORS) == 24


@pytest.mark.parametrize("route", DOORS)
def test_every_door_is_shut_to_members_while_their_tier_lacks_it(
    client: Client, team: Cast, run: Run, route: str
) -> None:
    path, shown = path_of(route, run), {200, 302, 403, 409}
    keyed = bearer(new_key(team).secret) if path.startswith("/api/") else {}
    downgrade(team.workspace.id)
    assert not keyed or knock(client, path, **keyed) == 404
    for person in team.everyone.values():
        client.force_login(person)
        assert knock(client, path) == 404
    client.force_login(make_person("op@example.org", is_staff=True))
    assert knock(client, path) in shown
    entitle(team.workspace.id, PRIVATE)
    forget_copies()
    for person in team.members.values():
        client.force_login(person)
        assert knock(client, path) in shown
    client.logout()
    assert not keyed or knock(client, path, **keyed) in shown


@pytest.mark.parametrize("route", LISTS)
def test_no_list_says_a_word_of_it(
    client: Client, team: Cast, run: Run, route: str
) -> None:
    path = path_of(route, run)
    client.force_login(team.owner)

    def tells() -> bool:
        text = client.get(path, follow=True).content.decode()
        return SLUG in text or str(run.id) in text

    downgrade(team.workspace.id)
    assert not tells()
    entitle(team.workspace.id, PRIVATE)
    assert tells()


def test_other_runs_of_the_workspace_stay(client: Client, team: Cast, run: Run) -> None:
    other = start(team).run_id
    downgrade(team.workspace.id)
    client.force_login(team.viewer)
    assert client.get(f"/runs/{other}/").status_code == 200
    ids = [one["id"] for one in client.get("/api/v1/runs").json()["items"]]
    assert ids == [str(other)]


def test_who_belongs_to_another_entitled_workspace_sees_only_that_ones(
    client: Client, team: Cast, run: Run
) -> None:
    own = team.viewer.personal_workspace.id
    entitle(own, PRIVATE)
    make_suite(1, slug="own", is_public=False, workspace_id=own)
    downgrade(team.workspace.id)
    client.force_login(team.viewer)
    found = [one["suite_slug"] for one in client.get("/api/v1/suites").json()["items"]]
    assert sorted(found) == ["numbers", "own"]


@pytest.mark.parametrize("way", ["tier", "override", "withheld"])
def test_the_entitlement_counts_and_no_name_of_a_tier(
    client: Client, team: Cast, run: Run, way: str
) -> None:
    """Any tier may include it, and an agreement may withhold it from any."""
    downgrade(team.workspace.id)
    statuses = []
    for has in (True, False):
        granted = [PRIVATE] if has else []
        if way == "tier":
            Tier.objects.filter(is_default=True).update(granted=granted)
        elif way == "override":
            TierOverride.objects.update(granted=granted)
        else:
            top = Tier.objects.get(slug="enterprise")
            withheld = [] if has else [PRIVATE]
            TierOverride.objects.update(tier=top, withheld=withheld)
        client.force_login(team.viewer)
        statuses.append(client.get("/suites/quiet-bridge/").status_code)
    assert statuses == [200, 404]


def test_starting_a_run_on_it_names_what_is_missing_and_no_part_of_it(
    client: Client, team: Cast, run: Run
) -> None:
    downgrade(team.workspace.id)
    client.force_login(team.owner)
    asked = {"suite": SLUG, "categories": ["of_nobody"]}
    response = post(client, team, scenarios=asked)
    assert (response.status_code, response.json()["code"]) == (
        403,
        "entitlement_missing",
    )
    assert "code_review" not in response.content.decode()
    assert Run.objects.count() == 1


def test_the_overview_says_what_is_hidden_and_how_it_comes_back(
    client: Client, team: Cast, run: Run
) -> None:
    page = reverse("workspace", args=[team.workspace.id])
    billing = reverse("workspace-billing", args=[team.workspace.id])
    client.force_login(team.owner)
    assert "hidden</strong>" not in client.get(page).content.decode()
    downgrade(team.workspace.id)
    text = " ".join(client.get(page).content.decode().split())
    assert "<strong>1 private suite is hidden</strong>" in text
    assert "comes back with a tier that includes private suites (Enterprise)." in text
    assert f'<a href="{billing}">Change the plan</a>' in text
    make_suite(1, slug="more", is_public=False, workspace_id=team.workspace.id)
    client.force_login(team.viewer)
    text = " ".join(client.get(page).content.decode().split())
    assert "<strong>2 private suites are hidden</strong>" in text
    assert "Ask an owner of the workspace" in text


def test_an_export_of_ones_data_has_it_still(team: Cast, run: Run) -> None:
    downgrade(team.workspace.id)
    subject = Subject(workspace_id=team.workspace.id)
    files: Mapping[str, Any] = exporters()["benchmarks"](subject)
    assert [row["slug"] for row in files["suites.json"]] == [SLUG]
    assert [row["id"] for row in files["runs.jsonl"]] == [run.id]
    assert Suite.objects.filter(slug=SLUG).exists()
