"""`markets list`: the markets that are known."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from apps.markets.domain.markets import MarketStatus
from apps.markets.management.arguments import positive
from apps.markets.management.rows import to_json, to_line
from apps.markets.selectors.listing import MAX_PAGE, MarketFilter, list_markets

if TYPE_CHECKING:
    from django.core.management.base import CommandParser, OutputWrapper

NAME = "list"
HELP = "Show the markets that are known, the newest first."
NEEDS_DATABASE = True

EVERY = MarketFilter()
NONE_AT_ALL = "No market is known yet: `manage.py markets sync` looks for some."
NONE_SUCH = "No known market is like that: see `manage.py markets sync`."


def add_arguments(parser: CommandParser) -> None:
    """Declare which markets, and how many."""
    parser.add_argument("--venue", metavar="V", default="", help="only of this venue")
    parser.add_argument(
        "--status",
        choices=[status.value for status in MarketStatus],
        help="only those that stand so",
    )
    parser.add_argument(
        "--query",
        metavar="Q",
        default="",
        help="only those whose question and event have words that begin like all these",
    )
    parser.add_argument(
        "--limit",
        metavar="N",
        type=positive,
        default=50,
        help=f"at most so many, 50 by default and {MAX_PAGE} at most",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def handle(
    options: dict[str, Any], stdout: OutputWrapper, stderr: OutputWrapper
) -> None:
    """Print a line for each, or one document."""
    status = options["status"]
    wanted = MarketFilter(
        venue=options["venue"],
        status=None if status is None else MarketStatus(status),
        query=options["query"],
    )
    rows = list_markets(wanted, limit=options["limit"]).rows
    if options["json"]:
        told = {"markets": [to_json(row) for row in rows]}
        stdout.write(json.dumps(told, indent=2))
        return
    if not rows:
        stderr.write(NONE_AT_ALL if wanted == EVERY else NONE_SUCH)
    for row in rows:
        stdout.write(to_line(row))
