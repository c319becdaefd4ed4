"""The newest hours, for the status page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.core.rounds import Round, Rounds
from apps.predictions.domain.hours import HOUR, hour_of
from apps.predictions.selectors.health import GRACE
from apps.predictions.selectors.jobs import list_jobs, name_missing_hours

if TYPE_CHECKING:
    from datetime import datetime

SHOWN_HOURS = 6


def read_hours(now: datetime) -> Rounds:
    """Return the jobs of the last hours, and which hours have none."""
    since = hour_of(now) - SHOWN_HOURS * HOUR
    jobs = list_jobs(since=since, until=now)
    missing = name_missing_hours(
        {job.hour for job in jobs}, since=since, until=hour_of(now - GRACE)
    )
    rounds = [
        *(
            Round(job.hour, job.status.value, _words(job.words, job.reason))
            for job in jobs
        ),
        *(Round(hour, "missing", "no job: the hour stays a gap") for hour in missing),
    ]
    ordered = sorted(rounds, key=lambda one: one.at, reverse=True)
    return Rounds("Predictions, hour by hour", "/predictions/live/", tuple(ordered))


def _words(said: str, reason: str) -> str:
    return f"{said}: {reason}" if reason else said
