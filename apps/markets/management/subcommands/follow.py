"""`markets follow`: keep watched markets fresh by their venue's stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone

from apps.core.attended import orderly
from apps.markets.management.arguments import positive
from apps.markets.pipelines.following import keep_following

if TYPE_CHECKING:
    from django.core.management.base import CommandParser, OutputWrapper

NAME = "follow"
HELP = (
    "Follow the watched markets over their venue's stream until stopped. What is "
    "watched is looked up again every 5 minutes."
)
NEEDS_DATABASE = True
IS_SERVICE = True


def add_arguments(parser: CommandParser) -> None:
    """Declare for how long."""
    parser.add_argument(
        "--seconds",
        metavar="S",
        type=positive,
        help="stop after so many seconds; never without it",
    )


def handle(
    options: dict[str, Any], stdout: OutputWrapper, _stderr: OutputWrapper
) -> int:
    """Follow, and say what came of it, unless a signal ends it before."""
    with orderly():
        done = keep_following(seconds=options["seconds"], clock=timezone.now)
        stdout.write(
            f"followed {done.markets} markets: {done.quotes} quotes, "
            f"{done.resolutions} resolutions"
        )
    return 0
