"""Telling whoever watches how an hour went."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.core.live import publish

if TYPE_CHECKING:
    from apps.predictions.selectors.jobs import JobRow

# What the live monitor watches.
TOPIC = "predictions"


def announce_hour(job: JobRow) -> None:
    """Publish the job of an hour that has just ended, with all that its frame shows."""
    publish(TOPIC, describe_hour(job))


def describe_hour(job: JobRow) -> dict[str, object]:
    """Return the frame: the hour, its counts, and where the markets went."""
    return {
        "revision": job.revision,
        "summary": job.words,
        "hour": job.hour,
        "status": job.status.value,
        "total_processed": job.total_processed,
        "successful": job.successful,
        "failed": job.failed,
        "skipped": job.skipped,
        "markets_tracked": job.markets_tracked,
        "duration_ms": job.duration_ms,
        "movements": dict(job.movements),
    }
