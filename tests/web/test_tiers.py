"""What a tier shows of the benches: history, bulk exports, streams."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from apps.accounts.domain.keys import KeyPower, Scope
from apps.accounts.models import Tier
from apps.benchmarks.domain.periods import longest_within
from apps.benchmarks.models import Run
from apps.catalog.models import Model
from tests.accounts.cast import make_cast
from tests.accounts.keys import bearer, forget_copies, give_tier, new_key
from tests.web import cast

if TYPE_CHECKING:
    from django.test import Client

    from tests.accounts.cast import Cast
    from tests.web.server import RunningServer

pytestmark = pytest.mark.django_db
BOARD = "/api/v1/leaderboard?suite=starter&period="


@pytest.fixture
def people(db: None) -> Cast:
    return make_cast()


def keyed(people: Cast, tier: str) -> dict[str, str]:
    give_tier(people.workspace.id, tier)
    key = new_key(people, power=KeyPower.READ_ONLY, scopes=[Scope.READ])
    return bearer(key.secret)


def status(client: Client, address: str, **headers: str) -> int:
    return client.get(address, headers=headers).status_code


@pytest.mark.parametrize(
    ("tier", "statuses"),
    [
        ("free", [200, 200, 403, 403]),
        ("pro", [200, 200, 200, 200]),
        ("enterprise", [200, 200, 200, 200]),
    ],
)
def test_a_period_of_the_api_is_as_long_as_the_tier_shows(
    client: Client, people: Cast, tier: str, statuses: list[int]
) -> None:
    cast.make_graded_run()
    headers = keyed(people, tier)
    periods = ("1d", "7d", "30d", "90d")
    assert [status(client, BOARD + one, **headers) for one in periods] == statuses


def test_a_refusal_names_the_entitlement_and_who_has_it(
    client: Client, people: Cast
) -> None:
    cast.make_graded_run()
    body: dict[str, Any] = client.get(f"{BOARD}30d").json()
    assert (body["status"], body["code"]) == (403, "entitlement_missing")
    assert body["detail"] == (
        "The Free tier shows 7 days of history, and this is further back (history): "
        "the Pro tier has it, see /pricing/."
    )


def test_a_history_is_as_long_as_the_tier_shows_unless_told(
    client: Client, people: Cast
) -> None:
    cast.make_graded_run()
    address = f"/api/v1/models/{Model.objects.get(name='weak').id}/history"
    assert client.get(address).json()["period"] == "7d"
    headers = keyed(people, "pro")
    assert client.get(address, headers=headers).json()["period"] == "30d"
    assert status(client, f"{address}?period=30d") == 403


def test_staff_see_all(client: Client, people: Cast) -> None:
    cast.make_graded_run()
    client.force_login(cast.make_person("staff@example.org", is_staff=True))
    assert status(client, f"{BOARD}90d") == 200
    assert (
        b"history, so this is"
        not in client.get("/leaderboard/starter/?period=90d").content
    )


def test_runs_further_back_are_hidden_by_the_api(client: Client, people: Cast) -> None:
    old = cast.make_graded_run()
    week = cast.clock() - timedelta(days=8)
    Run.objects.filter(pk=old).update(created_at=week)
    for part in ("", "/results"):
        response = client.get(f"/api/v1/runs/{old}{part}")
        assert (response.status_code, response.json()["code"]) == (
            403,
            "entitlement_missing",
        )
    assert client.get("/api/v1/runs").json()["items"] == []
    headers = keyed(people, "pro")
    assert status(client, f"/api/v1/runs/{old}/results", **headers) == 200
    assert len(client.get("/api/v1/runs", headers=headers).json()["items"]) == 1
    assert status(client, f"/runs/{old}/") == 200


@pytest.mark.parametrize("most", [("/api/v1/runs?limit=", 200), ("results", 500)])
def test_a_long_page_is_a_bulk_export(
    client: Client, people: Cast, most: tuple[str, int]
) -> None:
    run_id = cast.make_graded_run()
    address, limit = most
    if address == "results":
        address = f"/api/v1/runs/{run_id}/results?limit="
    assert [status(client, f"{address}{n}") for n in (100, 101)] == [200, 403]
    assert "bulk_exports" in client.get(f"{address}101").json()["detail"]
    assert status(client, f"{address}{limit}", **keyed(people, "pro")) == 200


@pytest.mark.parametrize("page", ["/leaderboard/starter/?period=90d", "model"])
def test_a_page_shows_what_it_may_and_says_what_it_hides(
    client: Client, people: Cast, page: str
) -> None:
    cast.make_graded_run()
    if page == "model":
        page = f"/models/{Model.objects.get(name='weak').id}/"
    text = client.get(page).content.decode()
    assert "The Free tier shows 7 days of history, so this is the last 7d" in text
    client.force_login(people.owner)
    give_tier(people.workspace.id, "pro")
    assert "days of history, so this is" not in client.get(page).content.decode()


def test_the_open_leaderboard_hides_nothing(client: Client, people: Cast) -> None:
    cast.make_graded_run()
    for page in ("/leaderboard/starter/", "/leaderboard/starter/?period=1d"):
        assert b"of history, so this is" not in client.get(page).content


def test_a_twin_of_a_longer_period_is_refused(client: Client, people: Cast) -> None:
    cast.make_graded_run()
    for kind in ("json", "csv"):
        response = client.get(f"/leaderboard/starter.{kind}?period=30d")
        assert response.json()["code"] == "entitlement_missing"
    assert status(client, "/leaderboard/starter.csv") == 200


def test_a_tier_is_data(client: Client, people: Cast) -> None:
    cast.make_graded_run()
    assert status(client, f"{BOARD}30d") == 403
    Tier.objects.filter(slug="free").update(history_days=30)
    forget_copies()
    assert status(client, f"{BOARD}30d") == 200


@pytest.mark.parametrize(
    ("asked", "days", "shown"),
    [("30d", None, "30d"), ("30d", 30, "30d"), ("90d", 89, "30d"), ("7d", 0.5, "1d")],
)
def test_a_period_is_cut_to_what_is_shown(asked: str, days: int, shown: str) -> None:
    assert longest_within(asked, days) == shown


@pytest.mark.django_db(transaction=True)
def test_a_stream_needs_streams_whoever_asks(
    server: RunningServer,
) -> None:
    people, run_id = make_cast(), cast.make_graded_run()
    address = f"{server.url}/api/v1/runs/{run_id}/events"
    free = httpx.get(address, headers=keyed(people, "free"))
    assert (free.status_code, free.json()["code"]) == (403, "entitlement_missing")
    assert "(streams)" in free.json()["detail"]
    pro = httpx.get(address, headers=keyed(people, "pro"))
    assert pro.headers["RateLimit-Policy"] == '"default";q=10000;w=3600'
    assert pro.text.startswith("event: end")
    visitor = httpx.get(address, headers={"Origin": "https://x.example"})
    assert visitor.headers["Access-Control-Allow-Origin"] == "*"
    assert (visitor.status_code, visitor.json()) == (403, free.json())


def test_a_server_that_keeps_no_stream_open_asks_for_streams_too(
    client: Client, people: Cast
) -> None:
    address = f"/api/v1/runs/{cast.make_graded_run()}/events"
    assert client.get(address).json()["code"] == "entitlement_missing"
    assert status(client, address, **keyed(people, "free")) == 403
    assert status(client, address, **keyed(people, "pro")) == 200
    client.force_login(cast.make_person("staff@example.org", is_staff=True))
    assert status(client, address) == 200


@pytest.mark.django_db(transaction=True)
def test_a_stream_is_behind_the_same_gate(server: RunningServer) -> None:
    people = make_cast()
    run_id = cast.make_run(
        cast.make_suite(), cast.make_model(), workspace_id=people.workspace.id
    )
    address = f"{server.url}/api/v1/runs/{run_id}/events"
    wrong = httpx.get(address, headers={"X-API-Key": "wrong"})
    assert (wrong.status_code, wrong.json()["code"]) == (401, "key_invalid")
    assert wrong.headers["WWW-Authenticate"].startswith("Bearer ")
    assert httpx.get(address).status_code == 403
    give_tier(people.workspace.id, "pro")
    with httpx.stream("GET", address, headers=keyed(people, "pro")) as mine:
        assert mine.status_code == 200
    preflight = {"Origin": "https://x.example", "Access-Control-Request-Method": "GET"}
    assert httpx.options(address, headers=preflight).status_code == 204
