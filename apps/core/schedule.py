"""What the scheduler runs, and when it last did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django_celery_beat.models import PeriodicTask

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class ScheduledJob:
    """One row of the schedule: a task, its times in words, and its past."""

    name: str
    task: str
    times: str
    is_enabled: bool
    last_sent_at: datetime | None
    sent: int


def list_scheduled_jobs() -> tuple[ScheduledJob, ...]:
    """Return every scheduled job, the last sent first, the never sent at the end."""
    rows = PeriodicTask.objects.select_related(
        "interval", "crontab", "solar", "clocked"
    ).order_by("name")
    jobs = [
        ScheduledJob(
            name=row.name,
            task=row.task,
            times=str(row.scheduler),
            is_enabled=row.enabled,
            last_sent_at=row.last_run_at,
            sent=row.total_run_count,
        )
        for row in rows
    ]
    return tuple(
        sorted(
            jobs,
            key=lambda job: job.last_sent_at.timestamp() if job.last_sent_at else 0.0,
            reverse=True,
        )
    )
