"""`manage.py predictions SUBCOMMAND`: a frame around the modules of `subcommands`."""

from __future__ import annotations

from apps.core.subcommands import FrameCommand
from apps.predictions.management import subcommands


class Command(FrameCommand):
    """The predictions' subcommands."""

    help = "Hold predictions against the prices of markets, and check their chains."
    package = subcommands
