"""`markets sync`: discover the open markets of venues."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from apps.core.web.twins import plain
from apps.markets.management.arguments import positive, shorten
from apps.markets.management.progress import Progress
from apps.markets.pipelines.sync import (
    DEFAULT_LIMIT,
    Search,
    SyncStatus,
    VenueSync,
    sync_markets,
)

if TYPE_CHECKING:
    from django.core.management.base import CommandParser, OutputWrapper

NAME = "sync"
HELP = "Discover the open markets of venues. Exit status 1: a venue failed."
NEEDS_DATABASE = True
FAILED = 1


def add_arguments(parser: CommandParser) -> None:
    """Declare which venue, and which and how many of its markets."""
    parser.add_argument("--venue", metavar="V", help="only this venue")
    parser.add_argument(
        "--query", metavar="Q", default="", help="only markets that the venue finds"
    )
    parser.add_argument(
        "--limit",
        metavar="N",
        type=positive,
        default=DEFAULT_LIMIT,
        help=f"at most so many of each venue, {DEFAULT_LIMIT} by default",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def handle(
    options: dict[str, Any], stdout: OutputWrapper, stderr: OutputWrapper
) -> int:
    """Ask the venues, and say what came of it."""
    progress = Progress(stderr, limit=options["limit"])
    search = Search(
        clock=timezone.now,
        query=options["query"],
        limit=options["limit"],
        tell=progress.tell,
    )
    try:
        syncs = sync_markets(search, venue=options["venue"])
    finally:
        progress.close()
    if options["json"]:
        told = {"venues": [_to_json(sync) for sync in syncs]}
        stdout.write(json.dumps(told, indent=2))
    else:
        for sync in syncs:
            stdout.write(_describe(sync))
    return FAILED if any(sync.status is SyncStatus.FAILED for sync in syncs) else 0


def _to_json(sync: VenueSync) -> dict[str, object]:
    return {
        "venue": sync.venue,
        "nature": sync.nature.value,
        "status": sync.status.value,
        "detail": sync.detail,
        "listed": sync.listed,
        "new": [plain(market_id) for market_id in sync.new],
        "failures": sync.failures,
    }


def _describe(sync: VenueSync) -> str:
    line = f"{sync.venue} ({sync.nature.value}): {sync.status.value}"
    if sync.status is not SyncStatus.SKIPPED:
        line += f", {sync.listed} markets listed, {len(sync.new)} new"
    if sync.failures:
        name, reason = next(iter(sync.failures.items()))
        line += f", {len(sync.failures)} not stored, such as {shorten(name)}: {reason}"
    return f"{line}: {shorten(sync.detail)}" if sync.detail else line
