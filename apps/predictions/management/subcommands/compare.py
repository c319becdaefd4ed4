"""`predictions compare --experiment-id A --with B`: which of two is better."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from apps.core.console import columns, interval, number, printable
from apps.core.web.twins import plain
from apps.markets.domain.markets import Nature
from apps.predictions.management.arguments import read_experiment_id
from apps.predictions.selectors.reports import compare_experiments
from apps.predictions.selectors.visible import SYSTEM

if TYPE_CHECKING:
    from django.core.management.base import CommandParser, OutputWrapper

    from apps.predictions.domain.pairing import Difference
    from apps.predictions.selectors.reports import Comparison

NAME = "compare"
HELP = "Compare two experiments on the markets that both predicted."
NEEDS_DATABASE = True

HEAD = ("", "difference", "95 % interval", "p", "markets", "events", "needed", "")


def add_arguments(parser: CommandParser) -> None:
    """Declare both experiments, the nature of venues and the form of the output."""
    parser.add_argument(
        "--experiment-id", metavar="A", required=True, help="the first experiment"
    )
    parser.add_argument(
        "--with", dest="other", metavar="B", required=True, help="the second one"
    )
    parser.add_argument(
        "--nature",
        choices=[nature.value for nature in Nature],
        help="venues of this nature; without it live ones, if both have any",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def handle(
    options: dict[str, Any], stdout: OutputWrapper, _stderr: OutputWrapper
) -> None:
    """Compare and print the difference, and how many markets would show it."""
    wanted = options["nature"]
    found = compare_experiments(
        SYSTEM,
        read_experiment_id(options["experiment_id"]),
        read_experiment_id(options["other"]),
        Nature(wanted) if wanted else None,
    )
    if options["json"]:
        stdout.write(json.dumps(plain(found), allow_nan=False, indent=2))
        return
    stdout.write("\n".join(_as_text(found)))


def _as_text(found: Comparison) -> list[str]:
    first, second = printable(found.first.label), printable(found.second.label)
    return [
        f"{first} less {second} on {found.nature.value} markets, skill over the market",
        "",
        *columns(
            [
                HEAD,
                _cells("settled", found.settled),
                _cells("so far (provisional)", found.so_far),
            ]
        ),
        "",
        "needed: markets that would show this difference at 0.05 four times in five.",
    ]


def _cells(name: str, one: Difference) -> tuple[str, ...]:
    return (
        name,
        number(one.difference),
        interval(one.low, one.high),
        number(one.p),
        str(one.markets),
        str(one.events),
        "-" if one.markets_needed is None else str(one.markets_needed),
        one.reason,
    )
