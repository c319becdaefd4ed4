"""Telling whoever watches what has moved, after the commit that moved it."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING

from django.db import transaction

from apps.core.live import publish
from apps.predictions.domain import topics

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from apps.markets.domain.markets import Nature
    from apps.predictions.selectors.jobs import JobRow, NatureCounts


def announce_hour(job: JobRow) -> None:
    """Publish the job of an hour that has just ended, with all that its frame shows."""
    publish(topics.HOURS, describe_hour(job))
    publish(topics.LOOKS, {})


def announce_looks(prediction_id: UUID | None, experiment_id: UUID | None) -> None:
    """Hint that one prediction, an experiment's or all were looked at past the job."""
    if prediction_id is not None:
        publish(topics.prediction(prediction_id), {})
    elif experiment_id is not None:
        publish(topics.looks_of(experiment_id), {})
    else:
        publish(topics.LOOKS, {})


def announce_prediction(prediction_id: UUID) -> None:
    """Hint, once this commits, that a prediction stands otherwise."""
    transaction.on_commit(partial(publish, topics.prediction(prediction_id), {}))


def announce_experiment(experiment_id: UUID) -> None:
    """Hint, once this commits, that there is more in an experiment."""
    transaction.on_commit(partial(publish, topics.experiment(experiment_id), {}))


def announce_scores(revision: str) -> None:
    """Publish, once this commits, that scores were computed anew."""
    frame = {"revision": revision}
    transaction.on_commit(partial(publish, topics.SCORES, frame))


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
