"""`manage.py load_schedules`: the system's own jobs and the default schedule."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from apps.benchmarks.services.installation import load_schedules


class Command(BaseCommand):
    """Add what is missing; running it again changes nothing."""

    help = "Add the system's jobs and, in a new installation, the hourly schedule."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Load and say what was added."""
        loaded = load_schedules(now=timezone.now())
        schedules = "the hourly schedule" if loaded.schedule_made else "no schedule"
        self.stdout.write(f"{len(loaded.jobs)} jobs and {schedules} added")
