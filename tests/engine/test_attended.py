from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from django.db import connection

from apps.benchmarks.models import Shard
from apps.benchmarks.pipelines.attended import Attendance, is_worker_there
from apps.benchmarks.pipelines.shards import run_shard
from apps.core.heartbeats import Kind, beat, retire
from tests.engine.cast import QUICK, clock, make_model, make_run, make_suite, provider

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from apps.benchmarks.selectors.runs import RunRow

WORKER = "benchmarks@test"


@pytest.fixture
def worker() -> Iterator[None]:
    beat(Kind.WORKER, WORKER, clock(), {"queues": ["benchmarks"]})
    yield
    retire(Kind.WORKER, WORKER)


def _attend(run_id: UUID, seen: list[RunRow]) -> Attendance:
    return Attendance(
        run_id, clock=clock, tell=seen.append, interrupted=threading.Event()
    )


@pytest.mark.usefixtures("worker")
def test_a_worker_that_serves_the_queue_is_there_until_it_leaves() -> None:
    assert is_worker_there(clock())
    retire(Kind.WORKER, WORKER)
    assert not is_worker_there(clock())


@pytest.mark.usefixtures("worker")
@pytest.mark.django_db(transaction=True)
def test_a_run_that_a_worker_does_is_followed_to_its_end() -> None:
    version = make_suite(10)
    seen: list[RunRow] = []
    with provider(delay=0.05) as server:
        run_id = make_run(version, make_model(server.base_url), epochs=5)
        shard_id = Shard.objects.get(run=run_id).id

        def work() -> None:
            run_shard(shard_id, clock=clock, options=QUICK)
            connection.close()

        with ThreadPoolExecutor(1) as pool:
            pool.submit(work)
            run = _attend(run_id, seen).look_on()
    assert (run.status, run.passed) == ("completed", 45)
    assert [row.done for row in seen] == sorted(row.done for row in seen)
    assert seen[-1] == run


@pytest.mark.django_db
def test_where_the_workers_are_gone_the_rest_is_done_here() -> None:
    version = make_suite(3)
    with provider() as server:
        run_id = make_run(version, make_model(server.base_url))
        run = _attend(run_id, []).look_on(QUICK, patience_seconds=0.01)
    assert (run.status, run.passed) == ("completed", 3)
