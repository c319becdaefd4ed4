"""`markets tape FILE --as VENUE`: play a recorded history as a venue."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from apps.core.web.twins import plain, time_text
from apps.markets.management.arguments import positive
from apps.markets.pipelines.sync import Search, sync_markets
from apps.markets.pipelines.tapes import load_tape

if TYPE_CHECKING:
    from django.core.management.base import CommandParser, OutputWrapper

NAME = "tape"
HELP = "Play a recorded history of prices as a venue, from now on."
NEEDS_DATABASE = True


def add_arguments(parser: CommandParser) -> None:
    """Declare the files, the venue's name and the speed."""
    parser.add_argument("file", metavar="FILE", help=".csv, .json or .jsonl, or .gz")
    parser.add_argument(
        "--as", metavar="VENUE", dest="venue", required=True, help="the venue's name"
    )
    parser.add_argument(
        "--speed",
        metavar="X",
        type=float,
        default=1.0,
        help="how many times as fast as it was; 1 by default",
    )
    parser.add_argument(
        "--outcomes", metavar="FILE", help="how its markets ended, in the same forms"
    )
    parser.add_argument(
        "--limit",
        metavar="N",
        type=positive,
        help="list at most so many of its markets at once; all by default",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def handle(
    options: dict[str, Any], stdout: OutputWrapper, _stderr: OutputWrapper
) -> None:
    """Store the tape, and list the markets that are open at its beginning."""
    tape = load_tape(
        options["file"],
        venue=options["venue"],
        outcomes=options["outcomes"],
        speed=options["speed"],
        now=timezone.now(),
    )
    search = Search(clock=timezone.now, limit=options["limit"])
    (sync,) = sync_markets(search, venue=tape.venue)
    if options["json"]:
        told = {name: plain(value) for name, value in asdict(tape).items()}
        stdout.write(json.dumps({**told, "listed": sync.listed}, indent=2))
        return
    stdout.write(
        f"{tape.venue} plays {tape.markets} markets with {tape.entries} prices from "
        f"{time_text(tape.begins_at)} to {time_text(tape.ends_at)}, "
        f"{tape.speed:g} times as fast, from now on; {sync.listed} are open."
    )
