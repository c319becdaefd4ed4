from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError
from django_celery_beat.models import PeriodicTask

from apps.benchmarks.models import Run, Schedule, SuiteVersion
from apps.benchmarks.services.runs import cancel_run
from apps.benchmarks.services.schedules import (
    benchmark_new_models,
    ensure_default_schedule,
    parse_cron,
    start_scheduled_run,
    sync_schedule,
)
from apps.catalog.models import Model
from apps.core.errors import InvalidInputError
from tests.engine.cast import NOW, make_model, make_suite

if TYPE_CHECKING:
    from uuid import UUID

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
NOWHERE = "http://127.0.0.1:9/v1"


def _make_schedule(**fields: Any) -> Schedule:
    suite = SuiteVersion.objects.get(pk=make_suite(9)).suite
    schedule = Schedule.objects.create(name="Hourly", suite=suite, **fields)
    schedule.run_models.add(Model.objects.get(pk=make_model(NOWHERE)))
    return schedule


def _start(schedule: Schedule, now: Any = NOW) -> UUID | None:
    return start_scheduled_run(schedule_id=schedule.id, now=now, at_least_apart=MINUTE)


def test_the_schedulers_table_follows_a_schedule() -> None:
    schedule = _make_schedule(cron="5 */2 * * 1-5")
    sync_schedule(schedule_id=schedule.id)
    job = PeriodicTask.objects.get(task="benchmarks.run_schedule")
    assert json.loads(job.kwargs) == {"schedule_id": str(schedule.id)}
    assert (job.crontab.minute, job.crontab.hour) == ("5", "*/2")
    assert (job.crontab.day_of_week, str(job.crontab.timezone)) == ("1-5", "UTC")
    Schedule.objects.filter(pk=schedule.id).update(cron="0 1 * * *", is_enabled=False)
    sync_schedule(schedule_id=schedule.id)
    job.refresh_from_db()
    assert (job.crontab.hour, job.enabled) == ("1", False)
    Schedule.objects.filter(pk=schedule.id).delete()
    sync_schedule(schedule_id=schedule.id)
    assert not PeriodicTask.objects.filter(task="benchmarks.run_schedule").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("* * * *", "4 fields; it needs 5"),
        ("61 * * * *", "bad minute"),
        ("* 25 * * *", "bad hour"),
        ("* * * * mon-xyz", "bad day of week"),
        ("", "0 fields"),
    ],
)
def test_a_cron_expression_that_is_none_is_refused_with_its_fault(
    text: str, said: str
) -> None:
    with pytest.raises(InvalidInputError, match=said):
        parse_cron(text)


def test_a_schedule_starts_a_drawn_sample_of_its_suite() -> None:
    schedule = _make_schedule(sample_limit=3, iterations=2)
    run_id = _start(schedule)
    run = Run.objects.get(schedule=schedule)
    assert run.id == run_id
    assert (run.trigger, run.schedule_id, run.samples) == ("schedule", schedule.id, 6)


def test_a_message_delivered_twice_starts_one_run() -> None:
    schedule = _make_schedule()
    run_id = _start(schedule)
    assert run_id
    cancel_run(run_id=run_id, now=NOW)
    assert _start(schedule, NOW + MINUTE / 2) is None
    assert _start(schedule, NOW + MINUTE)


def test_a_schedule_waits_for_its_last_run() -> None:
    schedule = _make_schedule()
    assert _start(schedule)
    assert _start(schedule, NOW + 60 * MINUTE) is None
    assert Run.objects.count() == 1


def test_a_schedule_that_is_off_or_has_no_model_to_ask_starts_nothing() -> None:
    schedule = _make_schedule()
    Model.objects.update(is_deprecated=True)
    assert _start(schedule) is None
    Model.objects.update(is_deprecated=False)
    Schedule.objects.update(is_enabled=False)
    assert _start(schedule) is None
    assert not Run.objects.exists()


def test_a_run_that_is_refused_leaves_its_reason_on_the_schedule() -> None:
    schedule = _make_schedule(max_cost=1)
    Model.objects.update(input_price=None)
    assert _start(schedule) is None
    schedule.refresh_from_db()
    assert schedule.last_started_at is None
    assert schedule.last_skip.startswith("The price of fake/m is unknown")
    assert not Run.objects.exists()
    Model.objects.update(input_price=0)
    assert _start(schedule, NOW + MINUTE)
    started = Schedule.objects.get(pk=schedule.pk)
    assert (started.last_started_at, started.last_skip) == (NOW + MINUTE, "")


@pytest.mark.parametrize("fields", [{"iterations": 0}, {"sample_limit": 0}])
def test_a_schedule_of_nothing_is_not_stored(fields: dict[str, int]) -> None:
    suite = SuiteVersion.objects.get(pk=make_suite(1)).suite
    with pytest.raises(IntegrityError):
        Schedule.objects.create(name="None", suite=suite, **fields)


def test_a_new_model_is_run_once_where_a_schedule_wants_it() -> None:
    _make_schedule(benchmarks_new_models=True)
    new = make_model(NOWHERE, "new")
    (run_id,) = benchmark_new_models(model_ids=[new], now=NOW)
    assert benchmark_new_models(model_ids=[new], now=NOW) == ()
    run = Run.objects.get(pk=run_id)
    assert (run.trigger, run.samples, run.shards.get().model_id) == (
        "discovery",
        9,
        new,
    )


def test_a_new_model_without_a_price_is_not_run_under_a_cost_limit() -> None:
    _make_schedule(benchmarks_new_models=True, max_cost=1)
    new = make_model(NOWHERE, "new", price=None)
    assert benchmark_new_models(model_ids=[new], now=NOW) == ()
    assert not Run.objects.exists()


def test_no_schedule_wants_a_new_model_unless_it_says_so() -> None:
    _make_schedule()
    assert benchmark_new_models(model_ids=[make_model(NOWHERE, "n")], now=NOW) == ()


def test_the_default_schedule_is_made_once_and_stays_deleted() -> None:
    model = make_model(NOWHERE)
    make_suite(2, slug="starter")
    make = {"suite_slug": "starter", "model_ids": [model], "now": NOW}
    assert ensure_default_schedule(**make)  # type: ignore[arg-type]
    assert not ensure_default_schedule(**make)  # type: ignore[arg-type]
    schedule = Schedule.objects.get()
    assert PeriodicTask.objects.filter(name__contains=str(schedule.id)).exists()
    _start(schedule)
    schedule.delete()
    assert not ensure_default_schedule(**make)  # type: ignore[arg-type]


def test_loading_the_schedules_twice_changes_nothing_the_second_time() -> None:
    call_command("load_catalogue")
    call_command("load_schedules")
    first = set(PeriodicTask.objects.values_list("id", "name", "task"))
    tasks = {task for _, _, task in first}
    assert {"benchmarks.sweep", "benchmarks.ensure_partitions"} <= tasks
    assert "benchmarks.draw_starter" in tasks
    assert {"benchmarks.run_schedule", "catalog.sync"} <= tasks
    call_command("load_schedules")
    assert set(PeriodicTask.objects.values_list("id", "name", "task")) == first
