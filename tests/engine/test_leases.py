from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection

from apps.benchmarks.models import Result, Run, Shard
from apps.benchmarks.pipelines.shards import run_shard
from apps.benchmarks.selectors.shards import get_shard_plan
from apps.benchmarks.services.leases import (
    Lease,
    LeaseLostError,
    claim_shard,
    finish_shard,
    release_shard,
    renew_lease,
)
from apps.benchmarks.services.runs import cancel_run
from tests.engine.cast import (
    NOW,
    QUICK,
    claim,
    clock,
    make_model,
    make_result,
    make_run,
    make_suite,
    provider,
    store,
)

if TYPE_CHECKING:
    from uuid import UUID

MINUTE = timedelta(minutes=1)
NOWHERE = "http://127.0.0.1:9/v1"


def _make_shard(tasks: int = 2) -> UUID:
    run_id = make_run(make_suite(tasks), make_model(NOWHERE), now=NOW)
    return Shard.objects.get(run=run_id).id


@pytest.mark.django_db
def test_a_lease_holds_until_it_runs_out() -> None:
    shard_id = _make_shard()
    assert claim_shard(shard_id=shard_id, now=NOW, duration=MINUTE)
    assert claim_shard(shard_id=shard_id, now=NOW + MINUTE, duration=MINUTE) is None
    later = NOW + MINUTE + timedelta(seconds=1)
    assert claim_shard(shard_id=shard_id, now=later, duration=MINUTE)
    assert Shard.objects.get(pk=shard_id).takes == 2


@pytest.mark.django_db
def test_the_first_claim_starts_the_run() -> None:
    shard_id = _make_shard()
    claim_shard(shard_id=shard_id, now=NOW, duration=MINUTE)
    run = Run.objects.get(shards=shard_id)
    assert (run.status, run.started_at) == ("running", NOW)


@pytest.mark.django_db
def test_nothing_of_a_cancelled_run_is_claimed() -> None:
    shard_id = _make_shard()
    cancel_run(run_id=Shard.objects.get(pk=shard_id).run_id, now=NOW)
    assert claim_shard(shard_id=shard_id, now=NOW, duration=MINUTE) is None


@pytest.mark.django_db
def test_who_lost_the_lease_writes_nothing_more() -> None:
    shard_id = _make_shard()
    lost = claim_shard(shard_id=shard_id, now=NOW, duration=MINUTE)
    assert lost is not None
    held = claim_shard(shard_id=shard_id, now=NOW + 2 * MINUTE, duration=MINUTE)
    assert held is not None
    todo = get_shard_plan(shard_id).todo[0]
    with pytest.raises(LeaseLostError):
        store(lost, make_result(todo))
    with pytest.raises(LeaseLostError):
        renew_lease(lease=lost, now=NOW, duration=MINUTE)
    with pytest.raises(LeaseLostError):
        finish_shard(lease=lost, status="done", now=NOW)
    with pytest.raises(LeaseLostError):
        release_shard(lease=lost)
    assert not Result.objects.exists()
    assert Shard.objects.get(pk=shard_id).lease_token == held.token


@pytest.mark.django_db
def test_a_released_shard_is_free_at_once() -> None:
    shard_id = _make_shard()
    lease = claim_shard(shard_id=shard_id, now=NOW, duration=MINUTE)
    assert lease is not None
    release_shard(lease=lease)
    assert claim_shard(shard_id=shard_id, now=NOW, duration=MINUTE)


@pytest.mark.django_db
def test_the_run_ends_with_its_last_shard() -> None:
    models = [make_model(NOWHERE, name) for name in "ab"]
    run_id = make_run(make_suite(1), *models)
    finish_shard(lease=claim(run_id, models[0]), status="done", now=NOW)
    assert Run.objects.get(pk=run_id).status == "running"
    finish_shard(
        lease=claim(run_id, models[1]), status="failed", now=NOW, reason="broken"
    )
    run = Run.objects.get(pk=run_id)
    assert (run.status, run.status_reason, run.finished_at) == ("failed", "broken", NOW)


@pytest.mark.django_db(transaction=True)
def test_of_two_workers_that_claim_at_once_one_gets_the_shard() -> None:
    shard_id = _make_shard()

    def take(_: int) -> Lease | None:
        try:
            return claim_shard(shard_id=shard_id, now=NOW, duration=MINUTE)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        leases = list(pool.map(take, range(8)))
    assert sum(lease is not None for lease in leases) == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_on_one_shard_do_every_sample_once() -> None:
    version = make_suite(20)
    with provider(delay=0.02) as server:
        run_id = make_run(version, make_model(server.base_url))
        shard_id = Shard.objects.get(run=run_id).id

        def work(_: int) -> str | None:
            try:
                return run_shard(shard_id, clock=clock, options=QUICK)
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as pool:
            ends = list(pool.map(work, range(2)))
    assert sorted(map(str, ends)) == ["None", "done"]
    assert len(server.requests) == 20
    assert Run.objects.get(pk=run_id).passed == 18
