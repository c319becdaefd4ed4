from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from apps.accounts.models import Workspace
from apps.predictions.models import BenchmarkJob
from apps.predictions.selectors.jobs import get_last_job
from apps.predictions.services.live import announce_hour
from tests.accounts.cast import make_cast, make_person
from tests.markets.make import make_market
from tests.predictions.hours import make_snapshot
from tests.predictions.make import make_experiment, make_prediction
from tests.web.market_cast import HOSTILE, make_shown, make_simulated
from tests.web.test_streams import watch

if TYPE_CHECKING:
    from django.test import Client

    from apps.predictions.models import Prediction
    from tests.accounts.cast import Cast
    from tests.web.server import RunningServer

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
PAGE = "/predictions/live/"
RAW = "DataError: secret 0.7503"


def this_hour() -> datetime:
    return datetime.now(UTC).replace(minute=0, second=0, microsecond=0)


def make_job(hour: datetime, **fields: Any) -> BenchmarkJob:
    values = {
        "status": "completed",
        "total_processed": 42,
        "successful": 40,
        "failed": 2,
        "markets_tracked": 17,
        "movements": {"CONVERGING": 10, "DIVERGING": 5, "STABLE": 25, "": 2},
        "duration_ms": 1500,
        "finished_at": hour + timedelta(minutes=3),
        **fields,
    }
    return BenchmarkJob.objects.create(hour=hour, **values)


def make_moved(hour: datetime, **fields: Any) -> Prediction:
    """A prediction whose market moved within the hour."""
    experiment = make_experiment("moving", **fields)
    market = make_market("storm", question=HOSTILE)
    prediction = make_prediction(experiment, market, created_at=hour - 30 * HOUR)
    make_snapshot(
        prediction, hour, 0.66, convergence_1h=0.06, movement_direction="CONVERGING"
    )
    return prediction


def read(client: Client, **headers: str) -> str:
    response = client.get(PAGE, headers=headers)
    assert response.status_code == 200
    return response.content.decode()


def test_the_monitor_says_how_the_newest_hour_went(client: Client) -> None:
    hour = this_hour()
    moved = make_moved(hour)
    make_job(hour, errors=[{"prediction_id": str(moved.pk), "error": f"503 {HOSTILE}"}])
    html = read(client)
    assert "40 looked at, 2 failed, 0 skipped" in html
    assert 'data-live="/ws/predictions/"' in html
    assert "42 looks" in html
    assert '<rect width="40" height="10"' in html
    assert "it moved by less than the threshold" in html
    assert "+6.0" in html.split("Trending")[1].split("</table>")[0]
    assert "503 &lt;script&gt;" in html
    assert HOSTILE not in html


def test_hours_without_a_job_are_named_and_the_page_says_that_it_is_stale(
    client: Client,
) -> None:
    hour = this_hour()
    make_moved(hour - 5 * HOUR)
    make_job(hour - 4 * HOUR)
    make_job(hour - 5 * HOUR, status="failed", reason="no venue answered")
    html = read(client)
    assert "<strong>Stale.</strong>" in html
    missing = html.split("Missing:")[1].split("</p>")[0]
    assert f"{hour - 2 * HOUR:%H:%M}" in missing
    assert f"{hour - 4 * HOUR:%H:%M}" not in missing
    assert '<span class="tag stopped">missing</span>' in html
    assert '<span class="tag failed">failed</span>' in html


def test_a_fresh_installation_is_told_what_to_do(client: Client) -> None:
    html = read(client)
    assert "No hour yet" in html
    assert "predictions ask" in html
    make_prediction(make_experiment(), make_market())
    assert "predictions benchmark" in read(client)


def test_only_what_moves_is_sent_to_a_page_that_moves(client: Client) -> None:
    make_job(this_hour())
    fragment = read(client, **{"HX-Target": "monitor"})
    job = get_last_job()
    assert job is not None
    assert fragment.lstrip().startswith(
        f'<div id="monitor" data-version="{job.revision}"'
    )


def test_a_private_prediction_trends_for_its_members_alone(client: Client) -> None:
    people, hour = make_cast(), this_hour()
    moved = make_moved(hour, workspace=people.workspace)
    make_job(hour)
    door = f"/predictions/{moved.pk}/"
    assert door not in read(client)
    client.force_login(people.stranger)
    assert door not in read(client)
    client.force_login(people.viewer)
    assert door in read(client)


def make_failed_job(people: Cast) -> dict[str, Prediction]:
    """An hour that failed, with an error of the cast's and one of other people's."""
    market, other = make_market(), Workspace.objects.create(name="Others")
    owners = {"own": people.workspace, "theirs": other}
    made = {
        name: make_prediction(make_experiment(name, workspace=owner), market)
        for name, owner in owners.items()
    }
    errors = [
        {"prediction_id": str(one.pk), "error": f"values of {name}"}
        for name, one in made.items()
    ]
    make_job(this_hour(), status="failed", reason=RAW, errors=errors)
    return made


@pytest.mark.parametrize("address", [PAGE, "/predictions/live.json"])
@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("", set()),
        ("stranger", set()),
        ("viewer", {"own"}),
        ("operator", {"own", "theirs"}),
    ],
)
def test_errors_and_reasons_are_told_to_whom_they_belong(
    client: Client, address: str, name: str, wanted: set[str]
) -> None:
    people = make_cast()
    operator = make_person("operator@example.org", is_staff=True)
    made = make_failed_job(people)
    if name:
        client.force_login({**people.everyone, "operator": operator}[name])
    said = client.get(address).content.decode()
    assert {one for one in made if str(made[one].pk) in said} == wanted
    assert {one for one in made if f"values of {one}" in said} == wanted
    assert (RAW in said) is (name == "operator")
    assert "40 looked at, 2 failed" in said or '"failed": 2' in said


def test_the_csv_of_hours_has_reasons_for_staff_alone(client: Client) -> None:
    make_job(this_hour(), status="failed", reason=RAW)
    address = "/predictions/live.csv"
    public = client.get(address).content.decode()
    assert "0.7503" not in public
    assert ",failed,42,40,2," in public
    client.force_login(make_person("operator@example.org", is_staff=True))
    assert RAW in client.get(address).content.decode()


def test_what_is_not_live_is_said_to_be_so(client: Client) -> None:
    hour, made = this_hour(), make_simulated()
    make_snapshot(made, hour, 0.66, convergence_1h=0.06)
    make_moved(hour)
    make_job(hour)
    html = read(client)
    assert '<span class="quiet small">1 simulated</span>' in html
    assert html.count('<span class="tag simulated">simulated</span>') == 1
    monitor = client.get("/predictions/live.json").json()["monitor"]
    assert monitor["natures"] == {"live": 1, "recorded": 0, "simulated": 1}
    assert {one["nature"] for one in monitor["trending"]} == {"live", "simulated"}


def split(**live: int) -> dict[str, dict[str, Any]]:
    """Counts of which most are of simulated markets."""
    none = dict.fromkeys(("successful", "failed", "skipped", "markets_tracked"), 0)
    ways = {"CONVERGING": 7, "STABLE": 20, "": 2}
    simulated = {"successful": 29, "failed": 2, "skipped": 0, "markets_tracked": 16}
    return {
        "live": {**none, **live, "movements": {"CONVERGING": 3, "STABLE": 8}},
        "recorded": {**none, "movements": {}},
        "simulated": {**simulated, "movements": ways},
    }


def test_the_monitor_shows_each_nature_apart(client: Client) -> None:
    make_job(this_hour(), natures=split(successful=11, markets_tracked=1))
    html = read(client)
    ways = html.split("Where markets went")[1].split("</section>")[0]
    assert ">Live markets</h3>" in ways
    assert '<span class="tag simulated">simulated</span>' in ways
    assert ways.count('<dl class="bars">') == 2
    figures = html.split('<dl class="figures">')[1].split("</dl>")[0]
    assert '<span class="quiet small">29 simulated</span>' in figures
    assert '<span class="quiet small">2 simulated</span>' in figures
    assert "40 looked at, 2 failed, 0 skipped (11 live, 31 simulated)" in html
    assert '<span class="sub">11 live, 31 simulated</span>' in html
    head, line = client.get("/predictions/live.csv").content.decode().splitlines()
    cells = dict(zip(head.split(","), line.split(","), strict=True))
    assert (cells["live_successful"], cells["simulated_failed"]) == ("11", "2")
    (job,) = client.get("/predictions/live.json").json()["jobs"]
    assert job["natures"]["simulated"]["total_processed"] == 31


def test_the_csv_leaves_out_what_was_not_told_apart(client: Client) -> None:
    make_job(this_hour())
    head, line = client.get("/predictions/live.csv").content.decode().splitlines()
    cells = dict(zip(head.split(","), line.split(","), strict=True))
    assert (cells["successful"], cells["live_successful"]) == ("40", "")


def test_twins_have_the_hours(client: Client) -> None:
    make_shown()
    make_job(this_hour())
    document = client.get("/predictions/live.json").json()
    assert document["monitor"]["active_predictions"] == 3
    assert document["jobs"][0]["movements"]["STABLE"] == 25
    assert "completed,42,40,2" in client.get("/predictions/live.csv").content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_socket_tells_of_an_hour_that_ends(server: RunningServer) -> None:
    with watch(server, "/ws/predictions/") as connection:
        first = json.loads(connection.recv(timeout=10))
        assert (first["first"], first["data"]["revision"]) == (True, "")
        error = {"prediction_id": "0.7301", "error": "secret"}
        make_job(this_hour(), reason="secret", errors=[error])
        job = get_last_job()
        assert job is not None
        announce_hour(job)
        told = json.loads(connection.recv(timeout=10))["data"]
    assert told["revision"] == job.revision
    assert told["summary"] == job.words
    assert told["movements"]["STABLE"] == 25
    assert not {"reason", "errors"} & set(told)
