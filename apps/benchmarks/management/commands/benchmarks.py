"""`manage.py benchmarks SUBCOMMAND`: a frame around the modules of `subcommands`."""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
from typing import TYPE_CHECKING, Any, NoReturn, Protocol, cast

from django.core.management.base import (
    BaseCommand,
    CommandError,
    CommandParser,
    OutputWrapper,
)

from apps.benchmarks.management import subcommands
from apps.core.errors import AppError

if TYPE_CHECKING:
    from collections.abc import Mapping

BAD_INPUT = 2


class Subcommand(Protocol):
    """What a module of `subcommands` offers."""

    NAME: str
    HELP: str
    NEEDS_DATABASE: bool

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""

    def handle(
        self,
        options: dict[str, Any],
        stdout: OutputWrapper,
        stderr: OutputWrapper,
    ) -> int | None:
        """Do the work and return the exit status; None is 0."""


class OneLineParser(CommandParser):
    """Says what is wrong in one line, where argparse would print the usage first."""

    def error(self, message: str) -> NoReturn:
        """Exit with status 2, or raise CommandError when called from code."""
        if self.called_from_command_line:
            self.exit(BAD_INPUT, f"{self.prog}: {message}\n")
        raise CommandError(f"{self.prog}: {message}", returncode=BAD_INPUT)


def load_subcommands() -> Mapping[str, Subcommand]:
    """Import every public module of the `subcommands` package, by its `NAME`."""
    found = [
        importlib.import_module(f"{subcommands.__name__}.{info.name}")
        for info in pkgutil.iter_modules(subcommands.__path__)
        if not info.name.startswith("_")
    ]
    loaded = [cast("Subcommand", module) for module in found]
    return {module.NAME: module for module in sorted(loaded, key=lambda m: m.NAME)}


class Command(BaseCommand):
    """Dispatch to one subcommand; whatever the user got wrong is status 2."""

    help = "Run, import, verify, rank and report benchmarks."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Give each subcommand its own parser."""
        self.parser = parser
        # An error of this outer parser is one line too: it prints no usage.
        parser.usage = argparse.SUPPRESS
        parser.epilog = "SUBCOMMAND --help shows what one of them takes."
        choices = parser.add_subparsers(
            dest="subcommand",
            metavar="SUBCOMMAND",
            title="subcommands",
            prog=parser.prog,
            parser_class=OneLineParser,
        )
        self.subcommands = load_subcommands()
        for name, module in self.subcommands.items():
            module.add_arguments(
                choices.add_parser(name, help=module.HELP, description=module.HELP)
            )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run the chosen subcommand and turn its outcome into an exit status."""
        name = options["subcommand"]
        if name is None:
            self.stderr.write(self.parser.format_help(), style_func=str)
            sys.exit(BAD_INPUT)
        try:
            status = self.subcommands[name].handle(options, self.stdout, self.stderr)
        except AppError as error:
            message = " ".join(str(error).split())
            raise CommandError(message, returncode=BAD_INPUT) from error
        if status:
            sys.exit(status)
