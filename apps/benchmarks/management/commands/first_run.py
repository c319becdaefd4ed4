"""`manage.py first_run`: what a new installation measures first."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from apps.benchmarks.services.installation import begin_first_run


class Command(BaseCommand):
    """Begin the first run; an installation that has a run is left alone."""

    help = "Begin the first run: the starter suite on the embedded model's settings."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Begin it and say so."""
        run_id = begin_first_run(now=timezone.now())
        said = f"run {run_id} begun" if run_id else "nothing begun: no need or no model"
        self.stdout.write(said)
