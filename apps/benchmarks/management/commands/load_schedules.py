"""`manage.py load_schedules`: the system's own jobs and the default schedule."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from apps.benchmarks.services.partitions import ensure_partitions
from apps.benchmarks.services.schedules import (
    DEFAULT_NAME,
    ensure_default_schedule,
    sync_all_schedules,
)
from apps.benchmarks.services.starter import STARTER_SLUG, load_starter
from apps.benchmarks.services.system_jobs import ensure_system_jobs
from apps.catalog.selectors.models import list_models


class Command(BaseCommand):
    """Add what is missing; running it again changes nothing."""

    help = "Add the system's jobs and, in a new installation, the hourly schedule."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Load and say what was added."""
        now = timezone.now()
        ensure_partitions(today=now.date())
        jobs = ensure_system_jobs()
        load_starter(now=now)
        made = ensure_default_schedule(
            suite_slug=STARTER_SLUG,
            model_ids=[model.id for model in list_models(provider="embedded")],
            now=now,
        )
        sync_all_schedules()
        schedule = f"schedule {DEFAULT_NAME!r} added" if made else "no schedule added"
        self.stdout.write(f"{len(jobs)} jobs added, {schedule}")
