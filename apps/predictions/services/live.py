"""Telling whoever watches how an hour went."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from apps.core.live import publish

if TYPE_CHECKING:
    from collections.abc import Mapping

    from apps.markets.domain.markets import Nature
    from apps.predictions.selectors.jobs import JobRow, NatureCounts

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
        # None where they are not told apart.
        "natures": None if job.natures is None else _apart(job.natures),
    }


def _apart(natures: Mapping[Nature, NatureCounts]) -> dict[str, dict[str, object]]:
    return {nature.value: asdict(counts) for nature, counts in natures.items()}
