"""The pulse: a job that proves that jobs get from the scheduler to a worker."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from django.utils import timezone

from apps.core.heartbeats import Kind, beat, forget_old


@shared_task(name="core.pulse", ignore_result=True)
def pulse(**_: Any) -> None:
    """Store that this job was run now."""
    now = timezone.now()
    beat(Kind.PULSE, "jobs", now)
    forget_old(now)
