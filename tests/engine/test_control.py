from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from django.db import connection

from apps.benchmarks.models import Run, Shard
from apps.benchmarks.pipelines import shards as pipeline
from apps.benchmarks.services.runs import cancel_run, resume_run
from apps.catalog.domain.concurrency import LimitPolicy
from tests.engine.cast import (
    QUICK,
    clock,
    make_model,
    make_run,
    make_suite,
    provider,
    run_shards,
)
from tests.fakes.llm_server import FakeLLM
from tests.fakes.llm_wire import Reply

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from apps.benchmarks.pipelines.shards import ShardOptions

# A dollar a thousand samples: each takes 500 tokens in and 500 out.
PRICE = Decimal(1)
COST = Decimal("0.001")
PRICED = Reply(text='{"n": 0}', usage=(500, 500))


def _work(run_id: UUID, options: ShardOptions = QUICK) -> Run:
    shards = Shard.objects.filter(run=run_id).values_list("id", flat=True)
    run_shards(list(shards), options)
    return Run.objects.get(pk=run_id)


def _disturbed(run_id: UUID, disturb: Callable[[], None]) -> None:
    """Work on a run in another thread, disturb it once it stores, and see its end."""

    def work() -> None:
        try:
            _work(run_id)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(work)
        while Run.objects.get(pk=run_id).passed == 0 and not working.done():
            time.sleep(0.01)
        disturb()
        working.result(30)


@pytest.mark.django_db(transaction=True)
def test_a_cancelled_run_stops_and_keeps_what_is_finished() -> None:
    version = make_suite(200)
    with provider(delay=0.15) as server:
        run_id = make_run(version, make_model(server.base_url), epochs=20)
        _disturbed(run_id, lambda: cancel_run(run_id=run_id, now=clock()))
        asked = len(server.requests)
        time.sleep(0.3)
        assert len(server.requests) == asked
    run = Run.objects.get(pk=run_id)
    assert (run.status, run.shards.get().status) == ("cancelled", "cancelled")
    assert 0 < run.passed < run.samples
    assert run.results.count() == run.passed + run.failed


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_leaves_gives_its_shard_back() -> None:
    version = make_suite(200)
    with provider(delay=0.15) as server:
        run_id = make_run(version, make_model(server.base_url))
        try:
            _disturbed(run_id, pipeline.leaving.set)
        finally:
            pipeline.leaving.clear()
        shard = Shard.objects.get(run=run_id)
        assert (shard.status, shard.published_at) == ("pending", None)
        assert 0 < shard.passed < 180
        assert _work(run_id).passed == 180


@pytest.mark.django_db
def test_a_run_stays_below_its_cost_limit_and_says_so() -> None:
    version = make_suite(20)
    with FakeLLM(reply=PRICED) as server:
        model = make_model(server.base_url, price=PRICE)
        run = _work(make_run(version, model, max_cost=10 * COST))
        assert run.status == "stopped"
        assert run.status_reason == "The cost limit of $0.010000 leaves no more room."
        assert 5 * COST <= run.cost <= 10 * COST
        assert run.cost == COST * run.results.count()
        resume_run(run_id=run.id, now=clock(), max_cost=Decimal(1), publish=False)
        run = _work(run.id)
    assert (run.status, run.cost) == ("completed", 20 * COST)


@pytest.mark.django_db
def test_models_share_one_cost_limit() -> None:
    version = make_suite(20)
    with FakeLLM(reply=PRICED, delay=0.01) as server:
        models = [make_model(server.base_url, name, price=PRICE) for name in "abc"]
        run = _work(make_run(version, *models, max_cost=15 * COST))
    assert run.status == "stopped"
    assert 10 * COST <= run.cost <= 15 * COST
    assert sum(shard.cost for shard in run.shards.all()) == run.cost
    assert {shard.reserved for shard in run.shards.all()} == {Decimal(0)}


@pytest.mark.django_db
def test_a_limit_that_one_sample_would_pass_begins_nothing() -> None:
    version = make_suite(2)
    with FakeLLM(reply=PRICED) as server:
        model = make_model(server.base_url, price=PRICE)
        run = _work(make_run(version, model, max_cost=Decimal("0.000001")))
    assert (run.status, server.requests) == ("stopped", [])


@pytest.mark.django_db
def test_a_free_model_runs_under_a_limit_of_nothing() -> None:
    version = make_suite(3)
    with FakeLLM(reply=PRICED) as server:
        model = make_model(server.base_url, price=Decimal(0))
        run = _work(make_run(version, model, max_cost=Decimal(0)))
    assert (run.status, run.cost) == ("completed", Decimal(0))


@pytest.mark.django_db
def test_answers_of_untold_cost_are_held_against_the_limit() -> None:
    version = make_suite(50)
    options = replace(QUICK, limits=LimitPolicy.fixed(1))
    with FakeLLM(reply=Reply(text='{"n": 0}', usage=None)) as server:
        model = make_model(server.base_url, price=PRICE)
        run_id = make_run(version, model)
        expected = _expected(run_id)
        Run.objects.filter(pk=run_id).update(max_cost=expected * 4)
        run = _work(run_id, options)
    assert (run.status, run.results.count()) == ("stopped", 4)


def _expected(run_id: UUID) -> Decimal:
    run = Run.objects.get(pk=run_id)
    assert run.estimated_cost is not None
    return run.estimated_cost / run.samples
