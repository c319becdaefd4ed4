"""Whether the hourly job keeps its hours."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import DatabaseError, connection

from apps.core.health import Finding
from apps.predictions.domain.hours import hour_of
from apps.predictions.domain.words import JobStatus
from apps.predictions.selectors.hourly import get_active
from apps.predictions.selectors.jobs import get_last_job

if TYPE_CHECKING:
    from apps.predictions.selectors.jobs import JobRow

# A job begins a few minutes past its hour and is tried again every five.
GRACE = timedelta(minutes=20)
NONE_DUE = "no hour is due: nothing was predicted before it"
MISSING = (
    "An hour without a job stays a gap. Look at the scheduler and the worker, then at "
    "the log for `predictions.benchmark_hour`."
)
FAILING = (
    "It is tried again every 5 minutes until the hour is over. Look at the venues, and "
    "run `manage.py predictions status`."
)


def check_hours(now: datetime) -> Finding:
    """See whether the newest hour that should be done is, and how it went."""
    try:
        return _judge(now)
    except DatabaseError:  # that has a check of its own, which names the cause
        connection.close()
        return Finding(ok=True, detail="not known while the database does not answer")


def _judge(now: datetime) -> Finding:
    due = hour_of(now - GRACE)
    if not get_active().filter(predicted_at__lte=due).exists():
        return Finding(ok=True, detail=NONE_DUE)
    job = get_last_job()
    if job is None or job.hour < due:
        return Finding(
            ok=False, detail=f"no job in the hour {due:%H:%M}", advice=MISSING
        )
    return _judge_job(job, now)


def _judge_job(job: JobRow, now: datetime) -> Finding:
    hour = f"{job.hour:%H:%M}"
    if job.is_silent(now):
        return Finding(
            ok=False, detail=f"{hour}: its worker fell silent", advice=FAILING
        )
    if job.status is JobStatus.RUNNING:
        return Finding(ok=True, detail=f"{hour}: {job.total_processed} so far")
    said = f"{hour}: {job.successful} looked at, {job.failed} failed"
    said = f"{said} ({job.nature_words})" if job.nature_words else said
    if job.status is JobStatus.FAILED:
        return Finding(ok=False, detail=f"{said}: {job.reason}", advice=FAILING)
    return Finding(ok=job.failed <= job.successful, detail=said, advice=FAILING)
