"""`manage.py load_suites`: the suites that every installation has."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from apps.benchmarks.services.starter import STARTER_SLUG, load_starter


class Command(BaseCommand):
    """Draw this month's starter suite; running it again changes nothing."""

    help = "Draw this month's starter suite where it is missing."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Load and say what was added."""
        loaded = load_starter(now=timezone.now())
        said = "drawn" if loaded.is_new else "already there"
        self.stdout.write(f"suite {STARTER_SLUG}, seed {loaded.seed}: {said}")
