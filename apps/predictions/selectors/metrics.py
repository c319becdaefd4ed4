"""What Prometheus is told of predictions: read from the database at each scrape."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Count

from apps.core.metrics import Metric, Reading, Shape, Source
from apps.markets.domain.markets import Nature
from apps.predictions.domain.hours import HOUR, hour_of
from apps.predictions.domain.movement import DIRECTIONS
from apps.predictions.domain.words import JobStatus
from apps.predictions.selectors.health import GRACE
from apps.predictions.selectors.hourly import get_active
from apps.predictions.selectors.jobs import (
    JobRow,
    NatureCounts,
    count_by_status,
    get_last_job,
    list_jobs,
    list_missing_hours,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

DAY = timedelta(days=1)
UNKNOWN = "unknown"

PREDICTIONS = Metric(
    "assay_predictions",
    Shape.GAUGE,
    "Predictions that stand so now, backtests aside.",
    ("status", "nature"),
)
MARKETS_TRACKED = Metric(
    "assay_prediction_markets_tracked",
    Shape.GAUGE,
    "Markets of active predictions, backtests aside.",
    ("nature",),
)
LAST_HOUR = Metric(
    "assay_prediction_job_hour_timestamp_seconds",
    Shape.GAUGE,
    "The newest hour that has a job, in seconds since 1970.",
)
JOB_PREDICTIONS = Metric(
    "assay_prediction_job_predictions",
    Shape.GAUGE,
    "Predictions in the job of the newest hour, by what came of them.",
    ("result", "nature"),
)
JOB_SECONDS = Metric(
    "assay_prediction_job_duration_seconds",
    Shape.GAUGE,
    "Time that the job of the newest hour spent in each of its phases.",
    ("phase",),
)
MOVEMENTS = Metric(
    "assay_prediction_movements",
    Shape.GAUGE,
    "Snapshots of the newest hour by the direction that the market took; `none` is a "
    "first look or a flagged price.",
    ("direction", "nature"),
)
HOURS = Metric(
    "assay_prediction_hours",
    Shape.GAUGE,
    "Hours of the last day whose job is missing or failed.",
    ("problem",),
)


def read_predictions(now: datetime) -> Iterator[Reading]:
    """Read how many predictions there are, and how the jobs of the last day went."""
    for nature, counts in count_by_status().items():
        for status, count in counts.items():
            yield Reading(PREDICTIONS, count, (status.lower(), nature.value))
    found = get_active().values_list("market__venue__nature").order_by()
    markets = dict(found.annotate(n=Count("market", distinct=True)))
    for nature in Nature:
        yield Reading(MARKETS_TRACKED, markets.get(nature.value, 0), (nature.value,))
    yield from _read_last_job()
    until = hour_of(now - GRACE)
    since = until - DAY + HOUR
    failed = [
        job
        for job in list_jobs(since=since, until=hour_of(now))
        if job.status is JobStatus.FAILED
    ]
    missing = list_missing_hours(since=since, until=until)
    yield Reading(HOURS, len(failed), ("failed",))
    yield Reading(HOURS, len(missing), ("missing",))


def _read_last_job() -> Iterator[Reading]:
    job = get_last_job()
    if job is None:
        return
    yield Reading(LAST_HOUR, job.hour.timestamp())
    # Of a job from before its counts were kept by nature they are not known.
    parts: dict[str, JobRow | NatureCounts]
    parts = {nature.value: one for nature, one in (job.natures or {}).items()}
    for nature, part in (parts or {UNKNOWN: job}).items():
        for result in ("successful", "failed", "skipped"):
            yield Reading(JOB_PREDICTIONS, getattr(part, result), (result, nature))
        for direction in DIRECTIONS:
            label = direction.lower() or "none"
            moved = part.movements.get(direction, 0)
            yield Reading(MOVEMENTS, moved, (label, nature))
    for phase in ("fetching", "computing", "storing"):
        yield Reading(JOB_SECONDS, getattr(job, f"{phase}_ms") / 1000, (phase,))


SOURCES = (
    Source(
        "predictions",
        (
            PREDICTIONS,
            MARKETS_TRACKED,
            LAST_HOUR,
            JOB_PREDICTIONS,
            JOB_SECONDS,
            MOVEMENTS,
            HOURS,
        ),
        read_predictions,
    ),
)
