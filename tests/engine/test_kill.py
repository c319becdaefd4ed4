from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from django.db import connection

from apps.benchmarks.models import Result, Run, Shard
from apps.benchmarks.pipelines.shards import run_shard
from apps.benchmarks.services.rollups import rebuild_rollups
from tests.engine.cast import (
    QUICK,
    clock,
    make_model,
    make_run,
    make_suite,
    provider,
    read_rollups,
)

if TYPE_CHECKING:
    from uuid import UUID

SAMPLES = 120


def _start_worker(shard_id: UUID) -> subprocess.Popen[bytes]:
    """Start a worker process on the database of this test."""
    place = os.environ["DATABASE_URL"].partition("?")[2]
    address = f"postgresql:///{connection.settings_dict['NAME']}?{place}"
    return subprocess.Popen(
        [sys.executable, "-m", "tests.engine.work", str(shard_id)],
        env={**os.environ, "DATABASE_URL": address},
    )


def _await_results(run_id: UUID, count: int) -> None:
    until = time.monotonic() + 60
    while Result.objects.filter(run=run_id).count() < count:
        assert time.monotonic() < until, "the worker stores nothing"
        time.sleep(0.01)


@pytest.mark.django_db(transaction=True)
def test_a_killed_worker_loses_nothing_and_nothing_is_counted_twice() -> None:
    version = make_suite(SAMPLES // 2)
    with provider(delay=0.1) as server:
        run_id = make_run(version, make_model(server.base_url), epochs=2)
        shard_id = Shard.objects.get(run=run_id).id
        worker = _start_worker(shard_id)
        _await_results(run_id, 15)
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        kept = Result.objects.filter(run=run_id).count()
        assert 15 <= kept < SAMPLES
        _await_expiry(shard_id)
        asked = len(server.requests)
        assert run_shard(shard_id, clock=clock, options=QUICK) == "done"
        # What was stored is not asked again, and everything else is.
        assert len(server.requests) - asked == SAMPLES - kept
    _assert_whole(run_id, version)


def _await_expiry(shard_id: UUID) -> None:
    """Let the dead worker's lease run out."""
    expiry = Shard.objects.get(pk=shard_id).lease_expires_at
    assert expiry is not None
    time.sleep(max(0.0, (expiry - clock()).total_seconds()) + 0.01)


def _assert_whole(run_id: UUID, version: UUID) -> None:
    run = Run.objects.get(pk=run_id)
    counts = (run.status, run.passed, run.failed, run.unscored)
    assert counts == ("completed", SAMPLES * 9 // 10, SAMPLES // 10, 0)
    results = Result.objects.filter(run=run_id)
    assert results.count() == SAMPLES
    assert len(set(results.values_list("task", "epoch"))) == SAMPLES
    kept = read_rollups(version)
    rebuild_rollups(suite_version_id=version)
    assert read_rollups(version) == kept
