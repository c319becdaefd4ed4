"""A command whose subcommands are the modules of a package: a file adds one.

A module has `NAME`, `HELP`, `NEEDS_DATABASE`, `add_arguments(parser)` and
`handle(options, stdout, stderr)`, which returns an exit status or None for 0.
A module whose name begins with an underscore is not a subcommand. What a subcommand
does is logged from warnings on, since somebody reads its output; one that runs as a
service says `IS_SERVICE = True`, and all of it is.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, Protocol, cast

from apps.core.attended import quiet
from apps.core.commands import BAD_INPUT, ProductCommand

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

    from django.core.management.base import CommandParser, OutputWrapper


class Subcommand(Protocol):
    """What a module of the package offers."""

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


def load_subcommands(package: ModuleType) -> Mapping[str, Subcommand]:
    """Import every public module of a package of subcommands, by its `NAME`."""
    found = [
        importlib.import_module(f"{package.__name__}.{info.name}")
        for info in pkgutil.iter_modules(package.__path__)
        if not info.name.startswith("_")
    ]
    loaded = [cast("Subcommand", module) for module in found]
    return {module.NAME: module for module in sorted(loaded, key=lambda m: m.NAME)}


class FrameCommand(ProductCommand):
    """Dispatch to one subcommand; whatever the user got wrong is status 2."""

    package: ModuleType

    def add_arguments(self, parser: CommandParser) -> None:
        """Give each subcommand its own parser."""
        self.parser = parser
        parser.epilog = "SUBCOMMAND --help shows what one of them takes."
        choices = self.add_subcommands(parser)
        self.subcommands = load_subcommands(self.package)
        for name, module in self.subcommands.items():
            module.add_arguments(
                choices.add_parser(name, help=module.HELP, description=module.HELP)
            )

    def needs_database(self, subcommand: str | None) -> bool:
        """Ask the subcommand's module."""
        return bool(subcommand) and self.subcommands[str(subcommand)].NEEDS_DATABASE

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run the chosen subcommand and turn its outcome into an exit status."""
        name = options["subcommand"]
        if name is None:
            self.stderr.write(self.parser.format_help(), style_func=str)
            sys.exit(BAD_INPUT)
        module = self.subcommands[name]
        attended = nullcontext() if getattr(module, "IS_SERVICE", False) else quiet()
        with attended:
            status = module.handle(options, self.stdout, self.stderr)
        if status:
            sys.exit(status)
