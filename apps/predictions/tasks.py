"""Celery's view of predictions: each task parses its arguments and makes one call."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from apps.predictions.pipelines.hourly import run_hour
from apps.predictions.services import partitions


@shared_task(name="predictions.benchmark_hour")
def benchmark_hour(**_: object) -> None:
    """Do what is left of the present hour's job; nothing where it is done."""
    run_hour(clock=timezone.now)


@shared_task(name="predictions.ensure_partitions")
def ensure_partitions(**_: object) -> None:
    """Make the partitions of the months ahead."""
    partitions.ensure_partitions(today=timezone.now().date())
