"""`manage.py markets SUBCOMMAND`: a frame around the modules of `subcommands`."""

from __future__ import annotations

from apps.core.subcommands import FrameCommand
from apps.markets.management import subcommands


class Command(FrameCommand):
    """The markets' subcommands."""

    help = "Discover, show and replay markets."
    package = subcommands
