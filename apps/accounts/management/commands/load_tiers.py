"""`manage.py load_tiers`: the tiers of a fresh installation."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from apps.accounts.services.tiers import load_tiers


class Command(BaseCommand):
    """Add the built-in tiers where there are none."""

    help = "Add the tiers Free, Pro and Enterprise to an installation without tiers."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Load and say how many were added."""
        self.stdout.write(f"tiers: {load_tiers()} added")
