"""What Prometheus is told of benchmarks: read from the database at each scrape."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Count, DurationField, ExpressionWrapper, F, Q, Sum

from apps.benchmarks.models import Run, RunStatus, Shard, ShardStatus
from apps.benchmarks.selectors.leaderboard import get_leaderboard
from apps.benchmarks.selectors.suites import SYSTEM, list_suite_versions
from apps.core.errors import NotFoundError
from apps.core.metrics import Distribution, Metric, Reading, Shape, Source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

RUNS = Metric(
    "assay_benchmark_runs",
    Shape.GAUGE,
    "Runs that stand so now.",
    ("status",),
)
RUN_SECONDS = Metric(
    "assay_benchmark_run_duration_seconds",
    Shape.HISTOGRAM,
    "Time from the start of a run to its end, of runs that were completed.",
    ("suite",),
)
SHARDS = Metric(
    "assay_benchmark_shards",
    Shape.GAUGE,
    "Parts of runs, one a model, that stand so now.",
    ("status",),
)
SAMPLES = Metric(
    "assay_benchmark_samples",
    # A run taken up again turns what was unscored into a pass or a fail.
    Shape.GAUGE,
    "Final results of all runs by now: passed, failed, or unscored for want of a "
    "verdict.",
    ("suite", "verdict"),
)
SCORE = Metric(
    "assay_benchmark_score",
    Shape.GAUGE,
    "Mean score from 0 to 1 on the leaderboard of the last 7 days.",
    ("suite", "model"),
)
UNSCORED = Metric(
    "assay_benchmark_unscored",
    Shape.GAUGE,
    "Results without a score on the leaderboard of the last 7 days.",
    ("suite", "model"),
)

_SUITE = "suite_version__suite__slug"
_BOUNDS = (10, 30, 60, 300, 900, 1800, 3600, 7200, 14_400)


def read_runs(_now: datetime) -> Iterator[Reading | Distribution]:
    """Read how many runs and shards stand how, and how long runs took."""
    runs = dict(Run.objects.values_list("status").annotate(Count("id")).order_by())
    for status in RunStatus.values:
        yield Reading(RUNS, runs.get(status, 0), (status,))
    shards = dict(Shard.objects.values_list("status").annotate(Count("id")).order_by())
    for status in ShardStatus.values:
        yield Reading(SHARDS, shards.get(status, 0), (status,))
    yield from _read_samples()
    yield from _read_durations()


def _read_samples() -> Iterator[Reading]:
    verdicts = ("passed", "failed", "unscored")
    totals = {f"all_{verdict}": Sum(verdict) for verdict in verdicts}
    for row in Run.objects.values(_SUITE).annotate(**totals).order_by():
        for verdict in verdicts:
            yield Reading(SAMPLES, row[f"all_{verdict}"], (row[_SUITE], verdict))


def _read_durations() -> Iterator[Distribution]:
    taken = ExpressionWrapper(F("finished_at") - F("started_at"), DurationField())
    counts = {
        f"within_{bound}": Count("id", filter=Q(taken__lte=f"{bound} seconds"))
        for bound in _BOUNDS
    }
    completed = Run.objects.filter(
        status=RunStatus.COMPLETED, started_at__isnull=False, finished_at__isnull=False
    )
    rows = (
        completed.annotate(taken=taken)
        .values(_SUITE)
        .annotate(runs=Count("id"), total=Sum("taken"), **counts)
        .order_by()
    )
    for row in rows:
        yield Distribution(
            metric=RUN_SECONDS,
            buckets={bound: row[f"within_{bound}"] for bound in _BOUNDS},
            count=row["runs"],
            total=row["total"].total_seconds(),
            labels=(row[_SUITE],),
        )


def read_scores(now: datetime) -> Iterator[Reading]:
    """Read each suite's leaderboard of a week: the figures that the page shows."""
    for version in list_suite_versions(SYSTEM):
        slug = version.suite_slug
        try:
            board = get_leaderboard(SYSTEM, slug, period="7d", now=now)
        except NotFoundError:  # deleted in between
            continue
        for row in board.rows:
            if row.mean is not None:
                yield Reading(SCORE, row.mean, (slug, row.model))
            yield Reading(UNSCORED, row.unscored, (slug, row.model))


SOURCES = (
    Source("runs", (RUNS, RUN_SECONDS, SHARDS, SAMPLES), read_runs),
    Source("leaderboards", (SCORE, UNSCORED), read_scores),
)
