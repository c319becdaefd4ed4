"""`manage.py load_venues`: the venues that every installation knows."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from apps.markets.services.installation import prepare_markets


class Command(BaseCommand):
    """Add what is missing; running it again changes nothing."""

    help = "Add the venues that are missing, and look for markets where there are none."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Load and say what was added."""
        loaded = prepare_markets(now=timezone.now())
        sync = "the first sync begun" if loaded.sync_begun else "no sync needed"
        self.stdout.write(f"{len(loaded.venues)} venues added, {sync}")
