"""The jobs that the installation itself needs, as rows of the scheduler's table."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django_celery_beat.models import IntervalSchedule, PeriodicTask


@dataclass(frozen=True, slots=True)
class SystemJob:
    """A task, how often it runs in seconds, and what it is for."""

    task: str
    every_seconds: int
    description: str


HOUR = 3_600
DAY = 86_400
SYSTEM_JOBS = (
    SystemJob("benchmarks.sweep", 30, "Takes up what a dead worker left behind."),
    SystemJob(
        "benchmarks.draw_starter", HOUR, "Draws the starter suite of a new month."
    ),
    SystemJob(
        "benchmarks.ensure_partitions", DAY, "Makes the months ahead for results."
    ),
)


@transaction.atomic
def ensure_system_jobs() -> tuple[str, ...]:
    """Write the system's jobs into the scheduler's table; return those that are new.

    Whether a job is enabled stays as an operator left it.
    """
    made = []
    for job in SYSTEM_JOBS:
        interval, _ = IntervalSchedule.objects.get_or_create(
            every=job.every_seconds, period=IntervalSchedule.SECONDS
        )
        _, is_new = PeriodicTask.objects.update_or_create(
            name=job.task,
            defaults={
                "task": job.task,
                "interval": interval,
                "crontab": None,
                "description": job.description,
                # What nobody took by then, the next one does.
                "expire_seconds": job.every_seconds,
            },
        )
        if is_new:
            made.append(job.task)
    return tuple(made)
