"""`manage.py load_catalogue`: the providers and models known from the start."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from apps.catalog.services.catalogue import load_catalogue


class Command(BaseCommand):
    """Add what is missing; running it again changes nothing."""

    help = "Add the built-in providers and models that are missing."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Load and say what was added."""
        report = load_catalogue(now=timezone.now())
        self.stdout.write(
            f"catalogue: {len(report.providers)} providers and "
            f"{len(report.models)} models added, {report.repriced} prices changed"
        )
