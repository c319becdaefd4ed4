"""What Assay's own commands share: errors in one line, and a database that is ready."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any, NoReturn

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.core.errors import AppError
from apps.core.preparation import prepare_database

if TYPE_CHECKING:
    from argparse import _SubParsersAction

BAD_INPUT = 2


class OneLineParser(CommandParser):
    """Says what is wrong in one line, where argparse would print the usage first."""

    def error(self, message: str) -> NoReturn:
        """Exit with status 2, or raise CommandError when called from code."""
        if self.called_from_command_line:
            self.exit(BAD_INPUT, f"{self.prog}: {message}\n")
        raise CommandError(f"{self.prog}: {message}", returncode=BAD_INPUT)


class ProductCommand(BaseCommand):
    """A command with subcommands; whatever the user got wrong is status 2."""

    requires_system_checks = []

    def add_subcommands(
        self, parser: CommandParser, metavar: str = "SUBCOMMAND"
    ) -> _SubParsersAction[OneLineParser]:
        """Return where the subcommands' own parsers are added."""
        # An error of this outer parser is one line too: it prints no usage.
        parser.usage = argparse.SUPPRESS
        return parser.add_subparsers(
            dest="subcommand",
            metavar=metavar,
            title="subcommands",
            prog=parser.prog,
            parser_class=OneLineParser,
        )

    def needs_database(self, subcommand: str | None) -> bool:
        """Say whether this subcommand reads or writes the database."""
        return subcommand is not None

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Make the database ready, run, and turn what is anticipated into one line."""
        try:
            if self.needs_database(options["subcommand"]):
                prepare_database()
            return super().execute(*args, **options)
        except AppError as error:
            message = " ".join(str(error).split())
            raise CommandError(message, returncode=BAD_INPUT) from error
