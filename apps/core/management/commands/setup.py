"""`manage.py setup`: bring an installation up to date; safe to run at every start."""

from __future__ import annotations

import json
import os
from io import StringIO
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from apps.core.servers.progress import Progress

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

    from apps.core.servers.plan import SetupStep


class Command(BaseCommand):
    """Run the steps of `settings.UP_STEPS` in order."""

    help = "Migrate, load the catalogue and make what a first start needs."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the descriptor on which a supervisor listens."""
        parser.add_argument(
            "--events-to",
            type=int,
            metavar="FD",
            help="write one JSON object a line to this descriptor instead of progress",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run every step, or stop at the first that fails."""
        if options["events_to"] is None:
            self._run_for_a_person()
        else:
            self._run_for_a_supervisor(options["events_to"])

    def _run_for_a_person(self) -> None:
        progress = Progress()
        for step in settings.UP_STEPS:
            with progress.step(step.label):
                shown = self._run(step)
            for line in shown:
                progress.say(line)

    def _run_for_a_supervisor(self, descriptor: int) -> None:
        with os.fdopen(descriptor, "w", encoding="utf-8", buffering=1) as events:

            def emit(**event: object) -> None:
                events.write(json.dumps(event) + "\n")

            for step in settings.UP_STEPS:
                emit(step=step.label)
                try:
                    shown = self._run(step)
                except Exception as error:
                    emit(error=f"{step.label}: {error}")
                    raise
                emit(shown=shown)
            emit(done=True)

    def _run(self, step: SetupStep) -> list[str]:
        """Run one step; return what it wants a person to see."""
        written = StringIO()
        try:
            call_command(step.command, *step.arguments, stdout=written)
        except SystemExit as ending:
            raise CommandError(f"ended with exit status {ending.code}") from ending
        if step.shown:
            return written.getvalue().splitlines()
        self.stdout.write(written.getvalue())
        return []
