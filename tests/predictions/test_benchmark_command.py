"""`manage.py predictions benchmark`, `status`, `pause` and `resume`."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.utils import timezone

from apps.core.ids import new_id
from apps.core.jobs import find_task
from apps.predictions.models import BenchmarkJob, Snapshot, Summary
from tests.fakes.venue_server import FakeVenues, Fault
from tests.markets.make import make_market, make_venue
from tests.predictions.make import make_experiment, make_prediction

if TYPE_CHECKING:
    from collections.abc import Iterator

    from apps.predictions.models import Prediction

pytestmark = pytest.mark.django_db
KEYS = {
    "total_processed",
    "successful",
    "failed",
    "skipped",
    "errors",
    "duration_ms",
    "fetching_ms",
    "computing_ms",
    "storing_ms",
    "markets_tracked",
    "natures",
}


@pytest.fixture
def venues() -> Iterator[FakeVenues]:
    with FakeVenues() as running:
        yield running


@pytest.fixture
def made(venues: FakeVenues) -> Prediction:
    """One of two predictions, of two experiments, on one open market."""
    fake = venues.polymarket.add(1, bid="0.59", ask="0.61")
    earlier = timezone.now() - timedelta(hours=2)
    market = make_market(
        fake.condition_id,
        "0.50",
        venue=make_venue(addresses=venues.addresses()),
        token_ids=list(fake.tokens),
        quoted_at=earlier,
    )
    make_prediction(make_experiment("other"), market, created_at=earlier)
    return make_prediction(make_experiment(), market, created_at=earlier)


def run(*words: str) -> tuple[int, str]:
    stdout = StringIO()
    try:
        call_command("predictions", *words, stdout=stdout)
    except SystemExit as ended:
        return int(str(ended.code)), stdout.getvalue()
    return 0, stdout.getvalue()


def run_json(*words: str) -> tuple[int, dict[str, Any]]:
    status, said = run(*words, "--json")
    return status, json.loads(said)


def read_every_table() -> dict[str, list[tuple[Any, ...]]]:
    tables = {
        model._meta.db_table for model in apps.get_models(include_auto_created=True)
    }
    found = {}
    with connection.cursor() as cursor:
        for table in sorted(tables):
            cursor.execute(f"SELECT * FROM {table} AS t ORDER BY t::text")  # noqa: S608
            found[table] = cursor.fetchall()
    return found


def test_the_hour_s_job_is_run_once_and_printed(made: Prediction) -> None:
    status, said = run_json("benchmark")
    assert (status, said["status"], said["successful"]) == (0, "completed", 2)
    assert set(said) >= KEYS
    assert said["movements"] == {"CONVERGING": 2}
    assert Snapshot.objects.count() == 2
    again = run_json("benchmark")
    assert again == (status, said)
    assert Snapshot.objects.count() == 2


def test_the_scheduled_task_does_the_job_and_may_come_twice(made: Prediction) -> None:
    plan: Any = settings.CELERY_BEAT_SCHEDULE["predictions.benchmark_hour"]
    task = find_task(plan["task"])
    for _ in range(2):
        task.apply(kwargs={}, throw=True)
    assert (Snapshot.objects.count(), BenchmarkJob.objects.get().takes) == (2, 1)
    assert 3 in plan["schedule"].minute


def test_people_read_lines(made: Prediction) -> None:
    _, said = run("benchmark")
    lines = said.splitlines()
    assert lines[0] == ("2 predictions on 1 markets: 2 successful, 0 failed, 0 skipped")
    assert "s: fetching " in lines[1]


@pytest.mark.parametrize("words", [[], ["--prediction-id"], ["--experiment-id"]])
def test_a_dry_run_writes_nothing_into_any_table(
    made: Prediction, words: list[str]
) -> None:
    ids = {"--prediction-id": made.pk, "--experiment-id": made.experiment_id}
    options = [part for word in words for part in (word, str(ids[word]))]
    before = read_every_table()
    status, said = run_json("benchmark", "--dry-run", *options)
    assert read_every_table() == before
    assert len(before) > 30
    assert (status, said["dry_run"], said["failed"]) == (0, True, 0)
    assert said["successful"] == (1 if options else 2)


@pytest.mark.parametrize("word", ["--prediction-id", "--experiment-id"])
def test_a_dry_run_shows_what_would_be_stored(made: Prediction, word: str) -> None:
    wanted = (word, str({"p": made.pk, "e": made.experiment_id}[word[2]]))
    _, said = run_json("benchmark", "--dry-run", *wanted)
    (one,) = said["would_store"]
    assert (one["prediction_id"], one["status"]) == (str(made.pk), "ACTIVE")
    assert one["snapshot"]["abs_delta"] == pytest.approx(0.15)
    assert one["summary"]["total_snapshots"] == 1
    _, text = run("benchmark", "--dry-run", *wanted)
    lines = text.splitlines()
    assert lines[0] == "dry run: nothing is stored"
    assert lines[-1].startswith(f"  {made.pk}: CONVERGING, price 0.6 of the first")
    run("benchmark", *wanted)
    snapshot = Snapshot.objects.get()
    assert snapshot.interim_skill == pytest.approx(one["snapshot"]["interim_skill"])


def test_a_dry_run_of_everything_says_that_it_is_dry(made: Prediction) -> None:
    _, said = run_json("benchmark", "--dry-run")
    assert "would_store" not in said
    assert run("benchmark", "--dry-run")[1].startswith("dry run: nothing is stored\n")


def test_a_part_is_looked_at_apart_from_the_job(made: Prediction) -> None:
    _, said = run_json("benchmark", "--prediction-id", str(made.pk))
    assert (said["dry_run"], said["successful"]) == (False, 1)
    assert set(said) == {"dry_run", *KEYS}
    assert Snapshot.objects.get().prediction_id == made.pk
    assert not BenchmarkJob.objects.exists()
    _, rest = run_json("benchmark")
    assert (rest["successful"], Snapshot.objects.count()) == (1, 2)


def test_a_job_that_fails_ends_with_status_1(
    made: Prediction, venues: FakeVenues
) -> None:
    venues.break_("gamma", Fault.STATUS, status=404)
    status, said = run_json("benchmark")
    assert (status, said["status"], said["failed"]) == (1, "failed", 2)
    assert "404" in said["errors"][0]["error"]


@pytest.mark.parametrize("option", ["--prediction-id", "--experiment-id"])
def test_what_does_not_exist_is_said_in_one_line(option: str) -> None:
    with pytest.raises(CommandError, match="There is no "):
        run("benchmark", option, str(new_id()))
    with pytest.raises(CommandError, match="'rain'"):
        run("benchmark", option, "rain")


def test_the_status_tells_what_is_tracked_and_what_is_wrong(made: Prediction) -> None:
    run("pause", "--prediction-id", str(made.pk))
    status, said = run_json("status")
    assert status == 1  # no hour has had a job yet
    assert said["predictions"] == {"active": 1, "paused": 1, "completed": 0}
    assert (said["markets_watched"], said["last_job"]) == (1, None)
    assert said["detail"].startswith("no job in the hour")
    assert said["missing_hours"]
    run("benchmark")
    status, said = run_json("status")
    assert (status, said["ok"], said["last_job"]["successful"]) == (0, True, 1)
    assert "1 active, 1 paused, 0 completed" in run("status")[1]


def test_a_prediction_is_paused_and_resumed(made: Prediction) -> None:
    words = ("--prediction-id", str(made.pk))
    assert run("pause", *words)[1] == f"{made.pk} is paused\n"
    assert run("pause", *words)[1] == f"{made.pk} is paused\n"
    assert Summary.objects.get(pk=made.pk).benchmark_status == "PAUSED"
    assert run("resume", *words)[1] == f"{made.pk} is active\n"
    assert Summary.objects.get(pk=made.pk).benchmark_status == "ACTIVE"
