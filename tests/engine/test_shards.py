from __future__ import annotations

import pytest

from apps.benchmarks.models import Result, Run, Shard
from apps.benchmarks.pipelines.shards import run_shard, run_shards
from tests.engine.cast import QUICK, clock, make_model, make_run, make_suite, provider

pytestmark = pytest.mark.django_db


def test_a_run_ends_with_a_result_for_every_sample() -> None:
    version = make_suite(20)
    with provider() as server:
        run_id = make_run(version, make_model(server.base_url), epochs=2)
        shard = Shard.objects.get(run=run_id)
        assert run_shard(shard.id, clock=clock, options=QUICK) == "done"
    run = Run.objects.get(pk=run_id)
    assert (run.status, run.passed, run.failed, run.unscored) == ("completed", 36, 4, 0)
    assert Result.objects.filter(run=run_id, is_final=True).count() == 40
