"""`POST /api/v1/predictions/run`: who may, what is taken, and how it stands then."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from apps.accounts.domain.keys import Scope
from apps.accounts.models import Delivery, TierOverride
from apps.predictions.domain.asking import MOST_ACTIVE
from apps.predictions.models import AskRun, Attempt, Experiment, Prediction
from apps.predictions.tasks import ask as ask_task
from tests.accounts.keys import bearer, lift_limits, new_key
from tests.catalog.own import KEY, give_key, make_provider
from tests.fakes.llm_server import FakeLLM
from tests.markets.make import make_venue
from tests.on_demand.cast import HOOK, add_model, entitle
from tests.predictions.asking import open_market, says

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.accounts.cast import Cast

pytestmark = pytest.mark.django_db
Answer = Any  # what Django's test client returns
API = "/api/v1/predictions/run"


@pytest.fixture
def upstream() -> Iterator[FakeLLM]:
    with FakeLLM(reply=says(0.7)) as server:
        yield server


@pytest.fixture
def team(cast: Cast, upstream: FakeLLM) -> Cast:
    """A workspace that may, with a key for a provider, and a market."""
    lift_limits()
    entitle(cast.workspace.id)
    add_model(make_provider(base_url=upstream.base_url))
    give_key(cast.workspace.id)
    # A venue that is switched off is not looked at anew.
    open_market("rain", venue=make_venue("still", is_active=False))
    return cast


def post(client: Client, team: Cast, key: str = "", **fields: Any) -> Answer:
    body = {
        "experiment": "trial",
        "models": ["acme/m"],
        "markets": ["still:rain"],
        "workspace": str(team.workspace.id),
    } | fields
    sent = {name: value for name, value in body.items() if value is not None}
    headers = {"Idempotency-Key": key} if key else {}
    return client.post(
        API, json.dumps(sent), content_type="application/json", headers=headers
    )


def client_of(cast: Cast, role: str) -> Client:
    client = Client()
    if role != "anonymous":
        client.force_login(cast.everyone[role])
    return client


def test_an_asking_is_begun_and_told_with_its_experiments(team: Cast) -> None:
    response = post(client_of(team, "member"), team, samples=2)
    run, experiment = AskRun.objects.get(), Experiment.objects.get()
    address = f"/api/v1/predictions/runs/{run.pk}"
    assert (response.status_code, response.headers["Location"]) == (202, address)
    assert response.json() == {
        "run_id": str(run.pk),
        "status": "queued",
        "status_url": address,
        "experiments": [
            {"id": str(experiment.pk), "name": "trial-acme-m", "model": "acme/m"}
        ],
        "estimate": {"markets": 1, "questions": 2, "cost": "0"},
    }
    assert (experiment.workspace_id, run.workspace_id) == (team.workspace.id,) * 2


def test_models_are_asked_with_the_workspaces_key_and_the_end_is_told(
    team: Cast, upstream: FakeLLM
) -> None:
    member = client_of(team, "member")
    address = post(member, team, samples=2, webhook_url=HOOK).json()["status_url"]
    ask_task(run_id=str(AskRun.objects.get().pk))
    told = member.get(address).json()
    assert (told["status"], told["price"]) == ("completed", "hidden")
    (result,) = told["results"]
    assert (result["markets"]["recorded"], result["attempts"]["ok"]) == (1, 2)
    sent = {one.headers["authorization"] for one in upstream.requests}
    assert sent == {f"Bearer {KEY}"}
    assert Prediction.objects.get().experiment == Experiment.objects.get()
    delivery = Delivery.objects.get()
    assert (delivery.kind, delivery.url) == ("ask.ended", HOOK)


@pytest.mark.parametrize(
    ("role", "status"),
    [
        *(("owner", 202), ("admin", 202), ("member", 202), ("viewer", 403)),
        *(("stranger", 404), ("anonymous", 401)),
    ],
)
def test_members_may_and_nobody_else(team: Cast, role: str, status: int) -> None:
    assert post(client_of(team, role), team).status_code == status
    assert AskRun.objects.count() == (status == 202)


@pytest.mark.parametrize(
    ("role", "status"),
    [("owner", 200), ("viewer", 200), ("stranger", 404), ("anonymous", 401)],
)
def test_only_the_workspace_sees_how_it_stands(
    team: Cast, role: str, status: int
) -> None:
    address = post(client_of(team, "owner"), team).json()["status_url"]
    assert client_of(team, role).get(address).status_code == status


def test_a_request_that_is_repeated_is_done_once(team: Cast) -> None:
    member = client_of(team, "member")
    first, again = post(member, team, key="one"), post(member, team, key="one")
    assert (again.status_code, again.content) == (202, first.content)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert AskRun.objects.count() == 1


def test_a_tier_without_runs_on_demand_may_not(team: Cast) -> None:
    TierOverride.objects.all().delete()
    response = post(client_of(team, "owner"), team)
    told = (response.status_code, response.json()["code"])
    assert told == (403, "entitlement_missing")
    assert not AskRun.objects.exists()


@pytest.mark.parametrize(
    ("scopes", "status"),
    [((Scope.READ, Scope.RUNS_WRITE), 202), ((Scope.READ,), 403)],
)
def test_a_key_needs_the_scope(
    client: Client, team: Cast, scopes: tuple[Scope, ...], status: int
) -> None:
    secret = new_key(team, scopes=scopes).secret
    body = {"experiment": "trial", "models": ["acme/m"], "markets": ["still:rain"]}
    response = client.post(
        API, body, content_type="application/json", headers=bearer(secret)
    )
    assert response.status_code == status
    assert AskRun.objects.count() == (status == 202)


@pytest.mark.parametrize(
    ("fields", "where", "word"),
    [
        ({"models": ["acme/x"]}, "models", "no model is named 'acme/x'"),
        ({"models": []}, "models", "1"),
        ({"markets": ["still:snow"]}, "markets", "no market 'still:snow'"),
        ({"markets": [], "query": "snow"}, "query", "no open market"),
        ({"query": "rain"}, "markets", "name markets, or a query"),
        ({"markets": None}, "markets", "name them, or words of a query"),
        ({"markets": [], "venue": "still"}, "markets", "words of a query"),
        ({"experiment": "e" * 41}, "experiment", "40"),
        ({"samples": 0}, "samples", "1"),
        ({"samples": 26}, "samples", "25"),
        ({"outcome": 2}, "outcome", "0"),
        ({"price": "seen"}, "price", "hidden"),
        ({"prompt_version": "v9"}, "prompt_version", "v1, v2"),
        ({"max_cost": "-1"}, "max_cost", "0"),
        ({"max_cost": "NaN"}, "max_cost", ""),
        ({"api_key": "sk-x"}, "api_key", ""),
    ],
)
def test_whatever_is_wrong_is_named_and_nothing_is_begun(
    team: Cast, fields: dict[str, Any], where: str, word: str
) -> None:
    response = post(client_of(team, "member"), team, **fields)
    assert response.status_code == 422
    assert where in response.json()["detail"]
    assert word in response.json()["detail"]
    assert not AskRun.objects.exists()
    assert not Experiment.objects.exists()


def test_a_query_without_words_is_every_open_market(team: Cast) -> None:
    for name in ("snow", "wind"):
        open_market(name, venue=make_venue(name))
    response = post(client_of(team, "member"), team, markets=None, query="")
    assert response.json()["estimate"]["markets"] == 2


def test_a_provider_without_a_key_of_the_workspace_is_refused(team: Cast) -> None:
    add_model(make_provider("other"))
    response = post(client_of(team, "member"), team, models=["other/m"])
    told = (response.status_code, response.json()["code"])
    assert told == (422, "credential_missing")
    assert not AskRun.objects.exists()


def test_so_many_go_on_at_once_and_no_more(team: Cast) -> None:
    member = client_of(team, "member")
    for _ in range(MOST_ACTIVE):
        assert post(member, team).status_code == 202
    assert post(member, team).status_code == 409
    assert AskRun.objects.count() == MOST_ACTIVE
    assert Attempt.objects.count() == 0
