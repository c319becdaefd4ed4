"""`manage.py ensure_static`: collect the static files where they have changed."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand

# What the plotly wheel carries beside the one script that pages load.
NOT_SERVED = ("widgetbundle.js", "datasets", "templates")
STAMP_NAME = "collected.sha256"


class Command(BaseCommand):
    """Run `collectstatic` unless the files are as they were when it last ran."""

    help = "Collect static files, with a hash in each name, if any has changed."
    requires_system_checks = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Compare, collect, remember."""
        if settings.DEBUG:
            self.stdout.write("Nothing to collect: they are served from the code.")
            return
        stamp = Path(settings.STATIC_ROOT) / STAMP_NAME
        fingerprint = _fingerprint()
        if stamp.exists() and stamp.read_text() == fingerprint:
            self.stdout.write("The static files are as collected.")
            return
        call_command(
            "collectstatic",
            interactive=False,
            clear=True,
            ignore_patterns=list(NOT_SERVED),
            verbosity=0,
            stdout=self.stdout,
        )
        stamp.write_text(fingerprint)
        self.stdout.write("The static files are collected.")


def _fingerprint() -> str:
    """Return a digest over every file's name, size and time of change."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list(None):
            facts = Path(storage.path(name)).stat()
            digest.update(f"{name} {facts.st_size} {facts.st_mtime_ns}\n".encode())
    return digest.hexdigest()
