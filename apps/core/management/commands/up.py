"""`manage.py up`: run the whole service on this machine."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.core.errors import AppError
from apps.core.servers.layout import Layout
from apps.core.servers.progress import Progress
from apps.core.servers.supervisor import DEFAULT_PORT, Supervisor


class Command(BaseCommand):
    """Start everything, keep it running, and stop it on Ctrl-C."""

    help = "Run the servers, the web server, the worker, the scheduler and the model."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the address to listen at."""
        parser.add_argument(
            "--port",
            type=int,
            help=f"port of the web server (default {DEFAULT_PORT}, or the next free)",
        )
        parser.add_argument(
            "--bind",
            default="127.0.0.1",
            help="address to listen at (default %(default)s)",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run until stopped."""
        supervisor = Supervisor(
            layout=Layout.from_environment(),
            progress=Progress(),
            plan=settings.UP_PROCESSES,
            bind=options["bind"],
            port=options["port"],
        )
        try:
            supervisor.run()
        except AppError as error:
            raise CommandError(str(error)) from error
