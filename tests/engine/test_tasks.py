from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import TestCase
from django.utils import timezone

from apps.benchmarks import tasks
from apps.benchmarks.models import Run, Schedule, Shard, SuiteVersion
from apps.benchmarks.services.runs import create_run
from apps.benchmarks.services.starter import STARTER_SLUG, load_starter, month_seed
from apps.catalog.models import Model
from apps.core.partitions import month_of, next_month
from tests.engine.cast import make_model, make_run, make_suite, provider

pytestmark = pytest.mark.django_db
NOWHERE = "http://127.0.0.1:9/v1"


def _send(name: str, **kwargs: Any) -> None:
    """Send a task as the broker would, with an argument of a newer release."""
    task = getattr(tasks, name)
    assert task.name == f"benchmarks.{name}"
    task.apply_async(kwargs={**kwargs, "of_a_newer_release": True})


def test_a_run_that_is_committed_is_done_by_the_task() -> None:
    version = make_suite(3)
    with provider() as server:
        model = make_model(server.base_url)
        # Without a broker in between, the task runs as soon as it is sent.
        with TestCase.captureOnCommitCallbacks(execute=True):
            run_id = create_run(
                suite_version_id=version,
                model_ids=[model],
                trigger="page",
                now=timezone.now(),
            )
    run = Run.objects.get(pk=run_id)
    assert (run.status, run.passed) == ("completed", 3)


def test_the_task_of_a_shard_may_come_twice() -> None:
    version = make_suite(3)
    with provider() as server:
        run_id = make_run(version, make_model(server.base_url))
        shard_id = str(Shard.objects.get(run=run_id).id)
        _send("run_shard", shard_id=shard_id)
        _send("run_shard", shard_id=shard_id)
        assert len(server.requests) == 3
    assert Run.objects.get(pk=run_id).passed == 3


def test_a_due_schedule_starts_its_run() -> None:
    suite = SuiteVersion.objects.get(pk=make_suite(2)).suite
    schedule = Schedule.objects.create(name="S", suite=suite)
    schedule.run_models.add(Model.objects.get(pk=make_model(NOWHERE)))
    _send("run_schedule", schedule_id=str(schedule.id))
    _send("run_schedule", schedule_id=str(schedule.id))
    assert Run.objects.get().schedule_id == schedule.id


def test_new_models_and_sweeps_have_their_tasks() -> None:
    suite = SuiteVersion.objects.get(pk=make_suite(2)).suite
    Schedule.objects.create(name="S", suite=suite, benchmarks_new_models=True)
    model = make_model(NOWHERE)
    _send("benchmark_new_models", model_ids=[str(model)])
    assert Run.objects.get().trigger == "discovery"
    _send("sweep")
    assert Shard.objects.get().published_at is None


def test_the_starter_suite_of_a_new_month_is_drawn_once() -> None:
    month = timezone.now().date().replace(day=1)
    load_starter(now=timezone.now() - timedelta(days=31))
    _send("draw_starter")
    _send("draw_starter")
    seeds = SuiteVersion.objects.filter(suite__slug=STARTER_SLUG).values_list("seed")
    assert seeds.order_by("-number")[0] == (month_seed(month),)
    assert seeds.count() == 2


def test_partitions_are_made_two_months_ahead() -> None:
    _send("ensure_partitions")
    month = month_of(timezone.now().date())
    with connection.cursor() as cursor:
        for _ in range(3):
            cursor.execute(
                "SELECT to_regclass(%s)", [f"benchmarks_result_{month:%Y_%m}"]
            )
            assert cursor.fetchone()[0] is not None
            month = next_month(month)
