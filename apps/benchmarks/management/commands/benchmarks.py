"""`manage.py benchmarks SUBCOMMAND`: a frame around the modules of `subcommands`."""

from __future__ import annotations

from apps.benchmarks.management import subcommands
from apps.core.subcommands import FrameCommand


class Command(FrameCommand):
    """The benchmarks' subcommands."""

    help = "Run, import, verify, rank and report benchmarks."
    package = subcommands
