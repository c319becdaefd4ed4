"""`manage.py credentials reseal`: after a rotation of the keys that seal secrets."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from apps.core.commands import ProductCommand
from apps.core.secrets import reseal_all

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

_HELP = "Seal every stored secret with the first of the encryption keys."


class Command(ProductCommand):
    """One subcommand; it may run while the service does."""

    help = "Keep what is stored of credentials."

    def add_arguments(self, parser: CommandParser) -> None:
        """Give the subcommand its parser."""
        choices = self.add_subcommands(parser, "{reseal}")
        choices.required = True
        choices.add_parser("reseal", help=_HELP, description=_HELP)

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Seal and say what was done: status 1 where a secret does not open."""
        is_any_lost = False
        for kind, done in reseal_all().items():
            self.stdout.write(
                f"{kind}: {done.renewed} sealed anew, {done.current} were current"
            )
            if done.lost:
                is_any_lost = True
                self.stderr.write(
                    f"{kind}: {done.lost} do not open: the key that sealed them is not "
                    "in ASSAY_ENCRYPTION_KEYS"
                )
        if is_any_lost:
            sys.exit(1)
