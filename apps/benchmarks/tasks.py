"""Celery's view of the engine: each task parses its arguments and makes one call."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from celery import shared_task
from celery.signals import worker_shutting_down
from django.utils import timezone

from apps.benchmarks.pipelines import shards
from apps.benchmarks.services import partitions, schedules, starter
from apps.benchmarks.services.sweep import sweep as sweep_runs

# Cron's finest step is a minute: what comes closer is the same message twice.
CLOSEST_STARTS = timedelta(seconds=50)


@shared_task(name="benchmarks.run_shard")
def run_shard(*, shard_id: str, **_: object) -> None:
    """Do what is left of one shard."""
    shards.run_shard(UUID(shard_id), clock=timezone.now)


@shared_task(name="benchmarks.sweep")
def sweep(**_: object) -> None:
    """Bring back what was lost."""
    sweep_runs(now=timezone.now())


@shared_task(name="benchmarks.run_schedule")
def run_schedule(*, schedule_id: str, **_: object) -> None:
    """Start the run of a schedule that is due."""
    schedules.start_scheduled_run(
        schedule_id=UUID(schedule_id),
        now=timezone.now(),
        at_least_apart=CLOSEST_STARTS,
    )


@shared_task(name="benchmarks.benchmark_new_models")
def benchmark_new_models(*, model_ids: list[str], **_: object) -> None:
    """Run newly discovered models where a schedule wants them."""
    schedules.benchmark_new_models(
        model_ids=[UUID(model_id) for model_id in model_ids], now=timezone.now()
    )


@shared_task(name="benchmarks.ensure_partitions")
def ensure_partitions(**_: object) -> None:
    """Make the partitions of the months ahead."""
    partitions.ensure_partitions(today=timezone.now().date())


@shared_task(name="benchmarks.draw_starter")
def draw_starter(**_: object) -> None:
    """Draw this month's starter suite where it is missing."""
    starter.load_starter(now=timezone.now())


@worker_shutting_down.connect
def _leave(**_: object) -> None:
    """Let shards of this process go, so that the next worker takes them at once."""
    shards.leaving.set()
