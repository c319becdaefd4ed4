"""`manage.py first_run`: what a new installation measures first."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from apps.benchmarks.services.runs import start_first_run
from apps.benchmarks.services.starter import load_starter
from apps.catalog.selectors.models import list_models


class Command(BaseCommand):
    """Begin the first run; an installation that has a run is left alone."""

    help = "Begin the first run: the starter suite on the embedded model's settings."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Begin it and say so."""
        now = timezone.now()
        models = [m for m in list_models(provider="embedded") if m.is_available]
        if not models:
            self.stdout.write("no embedded model is available: nothing to run")
            return
        run_id = start_first_run(
            suite_version_id=load_starter(now=now).version_id,
            model_ids=[model.id for model in models],
            now=now,
        )
        said = f"first run {run_id} begun" if run_id else "there are runs already"
        self.stdout.write(said)
