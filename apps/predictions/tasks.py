"""Celery's view of predictions: each task parses its arguments and makes one call."""

from __future__ import annotations

from uuid import UUID

import structlog
from celery import shared_task
from celery.signals import worker_shutting_down
from django.conf import settings
from django.utils import timezone

from apps.core.jobs import enqueue
from apps.predictions.pipelines import asking
from apps.predictions.pipelines.hourly import run_hour
from apps.predictions.pipelines.settling import settle_ended
from apps.predictions.services import partitions, scores
from apps.predictions.services.ask_leases import sweep_asks as sweep
from apps.predictions.services.daily_asks import start_daily_ask

logger = structlog.get_logger(__name__)


@shared_task(name="predictions.benchmark_hour")
def benchmark_hour(**_: object) -> None:
    """Do what is left of the present hour's job; nothing where it is done."""
    if run_hour(clock=timezone.now) is not None:
        enqueue("predictions.recompute_scores")


@shared_task(name="predictions.recompute_scores")
def recompute_scores(**_: object) -> None:
    """Settle what has ended, and score the experiments that something happened to."""
    try:
        settle_ended(clock=timezone.now)
    finally:  # what could be looked at is scored all the same
        scores.recompute_scores(now=timezone.now())


@shared_task(name="predictions.ensure_partitions")
def ensure_partitions(**_: object) -> None:
    """Make the partitions of the months ahead."""
    partitions.ensure_partitions(today=timezone.now().date())


@shared_task(name="predictions.drop_old_snapshots")
def drop_old_snapshots(**_: object) -> None:
    """Drop the months of snapshots that are kept no longer."""
    dropped = partitions.drop_old_snapshots(
        today=timezone.now().date(), months=settings.SNAPSHOT_MONTHS
    )
    if dropped:
        logger.info("snapshots_dropped", partitions=dropped)


@shared_task(name="predictions.ask")
def ask(*, run_id: str, **_: object) -> None:
    """Do what is left of an asking."""
    asking.run_ask(UUID(run_id), clock=timezone.now)


@shared_task(name="predictions.ask_daily")
def ask_daily(**_: object) -> None:
    """Begin this day's asking where it was not begun."""
    start_daily_ask(now=timezone.now())


@shared_task(name="predictions.sweep_asks")
def sweep_asks(**_: object) -> None:
    """Bring back askings that were lost."""
    sweep(now=timezone.now())


@worker_shutting_down.connect
def _leave(**_: object) -> None:
    """Let askings of this process go, so that the next worker takes them at once."""
    asking.leaving.set()
