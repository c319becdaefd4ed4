from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings

from apps.benchmarks.models import Result
from apps.catalog.models import Model
from tests.accounts.keys import open_streams
from tests.web import cast

if TYPE_CHECKING:
    from django.test import Client
    from pytest_django import DjangoAssertNumQueries

pytestmark = pytest.mark.django_db
API = "/api/v1"
NOBODY = "01936b7e-0000-7000-8000-000000000000"
PATHS = (
    "/providers",
    "/models",
    "/models/{model_id}",
    "/models/{model_id}/history",
    "/suites",
    "/leaderboard",
    "/runs",
    "/runs/{run_id}",
    "/runs/{run_id}/results",
    "/runs/{run_id}/events",
    "/benchmarks/run",
    "/runs/{run_id}/cancel",
    "/runs/{run_id}/resume",
    "/predictions",
    "/predictions/run",
    "/predictions/runs",
    "/predictions/runs.csv",
    "/predictions/runs/{asking_id}",
    "/predictions/runs/{asking_id}.csv",
    "/predictions/runs/{asking_id}/cancel",
    "/predictions/runs/{asking_id}/resume",
    "/predictions/{prediction_id}/pause",
    "/predictions/{prediction_id}/resume",
    "/predictions.csv",
    "/predictions/leaderboard",
    "/predictions/leaderboard.csv",
    "/predictions/{prediction_id}",
    "/predictions/{prediction_id}.csv",
    "/benchmarks/predictions/{prediction_id}",
    "/benchmarks/predictions/{prediction_id}.csv",
    "/benchmarks/predictions/{prediction_id}/snapshots",
    "/benchmarks/predictions/{prediction_id}/snapshots.csv",
    "/experiments",
    "/experiments.csv",
    "/experiments/{experiment_id}",
    "/experiments/{experiment_id}.csv",
    "/experiments/{experiment_id}/report",
    "/experiments/{experiment_id}/report.csv",
    "/experiments/{experiment_id}/compare",
    "/experiments/{experiment_id}/compare.csv",
    "/venues",
    "/venues.csv",
    "/markets",
    "/markets.csv",
    "/markets/{market_id}",
    "/markets/{market_id}.csv",
    "/markets/{market_id}/quotes",
    "/markets/{market_id}/quotes.csv",
)


def read(client: Client, address: str) -> dict[str, Any]:
    response = client.get(f"{API}{address}")
    assert response.status_code == 200, response.content
    body: dict[str, Any] = response.json()
    return body


def test_the_description_is_openapi_3_1_and_names_every_endpoint(
    client: Client,
) -> None:
    schema = read(client, "/openapi.json")
    assert schema["openapi"] == "3.1.0"
    assert set(schema["paths"]) == {f"{API}{path}" for path in PATHS}
    answers = schema["paths"][f"{API}/runs/{{run_id}}/events"]["get"]["responses"]
    assert list(answers["200"]["content"]) == ["text/event-stream"]
    assert list(answers["404"]["content"]) == ["application/problem+json"]


def test_the_reference_describes_exactly_the_endpoints_there_are(
    client: Client,
) -> None:
    text = (settings.BASE_DIR / "docs/reference/rest-api.md").read_text()
    described = set(re.findall(r"^### (?:GET|POST|PATCH) (\S+)$", text, re.MULTILINE))
    assert described == set(read(client, "/openapi.json")["paths"])


def test_nothing_but_runs_on_demand_and_predictions_can_be_written(
    client: Client,
) -> None:
    paths = read(client, "/openapi.json")["paths"]
    written = {path for path, methods in paths.items() if set(methods) != {"get"}}
    assert written == {
        f"{API}/benchmarks/run",
        f"{API}/runs/{{run_id}}/cancel",
        f"{API}/runs/{{run_id}}/resume",
        f"{API}/predictions",
        f"{API}/predictions/run",
        f"{API}/predictions/runs/{{asking_id}}/cancel",
        f"{API}/predictions/runs/{{asking_id}}/resume",
        f"{API}/predictions/{{prediction_id}}/pause",
        f"{API}/predictions/{{prediction_id}}/resume",
        f"{API}/experiments",
        f"{API}/experiments/{{experiment_id}}",
    }


@pytest.mark.parametrize(
    ("method", "path"),
    [("post", f"{API}/runs"), ("put", f"{API}/suites"), ("post", "/models.json")],
)
def test_a_method_that_is_not_taken_is_a_problem_that_names_those_that_are(
    client: Client, method: str, path: str
) -> None:
    answer = getattr(client, method)(path, {}, content_type="application/json")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert "GET" in answer.headers["Allow"]


def test_a_body_that_cannot_be_read_is_a_bad_request(client: Client) -> None:
    client.force_login(cast.make_person("reader@example.org"))
    answer = client.post(f"{API}/benchmarks/run", "{", content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


def test_a_leaderboard_is_read_by_suite_and_period(client: Client) -> None:
    cast.make_graded_run()
    board = read(client, "/leaderboard?suite=starter&period=1d")
    assert (board["period"], board["samples"], board["unscored"]) == ("1d", 11, 1)
    strong = board["rows"][0]
    assert (strong["model"], strong["mean"], strong["n"]) == ("local/strong", 1.0, 6)
    assert strong["cost_per_task"] == "0.0000318"
    assert board["pairs"][0]["test"] == "mcnemar"


def test_a_history_is_read_by_period(client: Client) -> None:
    cast.make_graded_run()
    client.force_login(cast.make_person("staff@example.org", is_staff=True))
    model_id = Model.objects.get(name="weak").id
    history = read(client, f"/models/{model_id}/history?period=90d")
    assert [day["mean"] for day in history["days"]] == [0.2]
    assert history["runs"][0]["unscored"] == 1
    assert history == client.get(f"/models/{model_id}/history.json?period=90d").json()


def test_a_run_is_read_with_its_manifest(client: Client) -> None:
    run_id = cast.make_graded_run()
    body = read(client, f"/runs/{run_id}")
    assert body["run"]["status"] == "completed"
    assert [part["model"] for part in body["run"]["models"]] == [
        "local/strong",
        "local/weak",
    ]
    assert len(body["manifest"]["tasks"]) == 6
    twin = client.get(f"/runs/{run_id}.json").json()
    assert twin["run"] == body["run"]
    assert twin["manifest"] == body["manifest"]


def test_results_come_in_pages_without_loss_or_repeat(client: Client) -> None:
    run_id = cast.make_graded_run()
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        after = f"&cursor={cursor}" if cursor else ""
        page = read(client, f"/runs/{run_id}/results?limit=5{after}")
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
    expected = Result.objects.values_list("id", flat=True)
    assert sorted(seen) == sorted(str(result_id) for result_id in expected)


def test_results_are_filtered_and_equal_their_twin(client: Client) -> None:
    run_id = cast.make_graded_run()
    failed = read(client, f"/runs/{run_id}/results?verdict=fail")["items"]
    assert {item["verdict"] for item in failed} == {"fail"}
    assert len(failed) == 4
    twin = client.get(f"/runs/{run_id}.json?verdict=fail").json()
    assert twin["results"]["items"] == failed


def test_runs_suites_and_providers_are_listed(client: Client) -> None:
    run_id = cast.make_graded_run()
    assert [run["id"] for run in read(client, "/runs")["items"]] == [str(run_id)]
    assert read(client, "/runs?status=failed")["items"] == []
    assert [one["suite_slug"] for one in read(client, "/suites")["items"]] == [
        "starter"
    ]
    assert [one["name"] for one in read(client, "/providers")["items"]] == ["local"]
    assert len(read(client, "/models?provider=local")["items"]) == 2


def test_no_answer_tells_addresses_or_names_of_keys(client: Client) -> None:
    cast.make_graded_run()
    for address in ("/providers", "/models"):
        text = client.get(f"{API}{address}").content.decode()
        assert "127.0.0.1" not in text
        assert "key_variable" not in text


@pytest.mark.parametrize(
    "address",
    [
        f"/runs/{NOBODY}",
        f"/runs/{NOBODY}/results",
        f"/runs/{NOBODY}/events",
        f"/models/{NOBODY}",
        f"/models/{NOBODY}/history",
        "/leaderboard?suite=none",
        "/models?provider=none",
    ],
)
def test_what_is_not_there_is_a_problem(client: Client, address: str) -> None:
    open_streams()
    response = client.get(f"{API}{address}")
    body = response.json()
    assert response.status_code == body["status"] == 404
    assert response.headers["Content-Type"] == "application/problem+json"
    assert (body["code"], body["title"]) == ("not_found", "Not Found")
    assert body["detail"]


@pytest.mark.parametrize(
    ("address", "where"),
    [
        ("/leaderboard", "suite"),
        ("/leaderboard?suite=starter&period=2d", "period"),
        ("/leaderboard?suite=starter&sort=luck", "luck"),
        ("/runs?limit=0", "limit"),
        ("/runs?limit=100000", "limit"),
        ("/runs?cursor=abc", "cursor"),
        ("/runs?status=odd", "status"),
        ("/runs/abc", "run_id"),
    ],
)
def test_a_bad_value_is_a_problem_that_names_it(
    client: Client, address: str, where: str
) -> None:
    cast.make_suite()
    response = client.get(f"{API}{address}")
    body = response.json()
    assert response.status_code == body["status"] == 422
    assert body["code"] == "invalid_input"
    assert where in body["detail"]


def test_a_run_of_a_workspace_is_its_members_alone(client: Client) -> None:
    member = cast.make_person("member@example.org")
    workspace = cast.make_workspace(member)
    run_id = cast.make_run(
        cast.make_suite(), cast.make_model(), workspace_id=workspace.id
    )
    open_streams()
    addresses = [f"{API}/runs/{run_id}{part}" for part in ("", "/results", "/events")]
    assert [client.get(one).status_code for one in addresses] == [404, 404, 404]
    assert read(client, "/runs")["items"] == []
    client.force_login(member)
    assert [client.get(one).status_code for one in addresses] == [200, 200, 200]


@pytest.mark.parametrize("address", ["/runs", "/leaderboard?suite=starter"])
def test_an_endpoint_keeps_its_budget_of_queries(
    client: Client,
    address: str,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    cast.make_graded_run()
    with django_assert_max_num_queries(8):
        read(client, address)


def test_a_page_of_runs_has_as_many_as_it_says_at_most(client: Client) -> None:
    client.force_login(cast.make_person("staff@example.org", is_staff=True))
    assert client.get(f"{API}/runs?limit=200").status_code == 200
    assert client.get(f"{API}/runs?limit=201").status_code == 422


def test_every_read_of_the_bench_of_markets_has_a_csv_twin(client: Client) -> None:
    paths = read(client, "/openapi.json")["paths"]
    bench = (
        "predictions",
        "benchmarks/predictions",
        "experiments",
        "markets",
        "venues",
    )
    reads = {
        path
        for path, methods in paths.items()
        if "get" in methods and path.startswith(tuple(f"{API}/{one}" for one in bench))
    }
    documents = {path for path in reads if not path.endswith(".csv")}
    assert {f"{path}.csv" for path in documents} == reads - documents
    assert len(documents) == 15
