from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from apps.benchmarks.domain.specs import Verdict
from apps.benchmarks.models import Run
from apps.benchmarks.selectors.metrics import (
    RUN_SECONDS,
    RUNS,
    SAMPLES,
    SCORE,
    SHARDS,
    UNSCORED,
    read_runs,
    read_scores,
)
from apps.benchmarks.selectors.shards import get_shard_plan
from apps.core.metrics import Distribution, Reading, render_metrics
from tests.engine.cast import (
    claim,
    make_model,
    make_result,
    make_run,
    make_suite,
    store,
)

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


def readings() -> dict[tuple[str, tuple[str, ...]], float]:
    found = [item for item in read_runs(NOW) if isinstance(item, Reading)]
    return {(item.metric.name, item.labels): item.value for item in found}


def finished_run(seconds: float, **counts: int) -> None:
    version_id = make_suite(10)
    run_id = make_run(version_id, make_model("http://127.0.0.1:1", f"m{seconds}"))
    Run.objects.filter(id=run_id).update(
        status="completed",
        started_at=NOW,
        finished_at=NOW + timedelta(seconds=seconds),
        **counts,
    )


def test_an_empty_installation_shows_zeros_and_no_suites() -> None:
    found = readings()
    assert found[RUNS.name, ("running",)] == 0
    assert found[SHARDS.name, ("leased",)] == 0
    assert not [name for name, _ in found if name == SAMPLES.name]
    assert list(read_scores(NOW)) == []


def test_runs_and_their_shards_are_counted_by_status() -> None:
    version_id = make_suite(3)
    make_run(version_id, make_model("http://127.0.0.1:1"))
    found = readings()
    assert found[RUNS.name, ("queued",)] == 1
    assert found[SHARDS.name, ("pending",)] == 1


def test_verdicts_are_added_up_over_runs() -> None:
    finished_run(5, passed=6, failed=3, unscored=1)
    finished_run(9, passed=1, failed=0, unscored=9)
    found = readings()
    assert found[SAMPLES.name, ("numbers", "passed")] == 7
    assert found[SAMPLES.name, ("numbers", "failed")] == 3
    assert found[SAMPLES.name, ("numbers", "unscored")] == 10


def test_what_can_fall_is_no_counter() -> None:
    finished_run(5, passed=1, unscored=9)
    Run.objects.update(passed=10, unscored=0)
    assert readings()[SAMPLES.name, ("numbers", "unscored")] == 0
    text = render_metrics().decode()
    assert "# TYPE assay_benchmark_samples gauge" in text


def test_durations_make_a_histogram() -> None:
    finished_run(5)
    finished_run(45)
    (spread,) = [item for item in read_runs(NOW) if isinstance(item, Distribution)]
    assert (spread.metric, spread.labels) == (RUN_SECONDS, ("numbers",))
    assert (spread.count, spread.total) == (2, 50.0)
    assert [spread.buckets[bound] for bound in (10, 30, 60)] == [1, 1, 2]


def test_scores_are_those_of_the_leaderboard() -> None:
    lease = claim(make_run(make_suite(4), make_model("http://127.0.0.1:9"), now=NOW))
    verdicts = (Verdict.PASS, Verdict.PASS, Verdict.FAIL, Verdict.UNSCORED)
    samples = get_shard_plan(lease.shard_id).todo
    results = zip(samples, verdicts, strict=True)
    store(lease, *(make_result(one, given, created_at=NOW) for one, given in results))
    assert list(read_scores(NOW)) == [
        Reading(SCORE, 2 / 3, ("numbers", "fake/m")),
        Reading(UNSCORED, 1, ("numbers", "fake/m")),
    ]


def test_a_scrape_shows_them() -> None:
    finished_run(45, passed=4, failed=6)
    text = render_metrics().decode()
    line = 'assay_benchmark_run_duration_seconds_bucket{le="60.0",suite="numbers"} 1.0'
    assert line in text
    assert 'assay_benchmark_samples{suite="numbers",verdict="passed"} 4.0' in text
    assert 'assay_source_up{source="leaderboards"} 1.0' in text
