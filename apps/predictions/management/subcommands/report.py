"""`predictions report --experiment-id E`: every figure of an experiment."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from apps.core.console import columns, number, printable
from apps.core.web.twins import decimal_text, plain
from apps.markets.domain.markets import Nature
from apps.predictions.management.arguments import read_experiment_id
from apps.predictions.management.texts import figure_cells, figures_text, resolved_text
from apps.predictions.selectors.reports import get_report
from apps.predictions.selectors.visible import SYSTEM

if TYPE_CHECKING:
    from django.core.management.base import CommandParser, OutputWrapper

    from apps.predictions.domain.reports import Report
    from apps.predictions.selectors.reports import ExperimentReport

NAME = "report"
HELP = "Print the report of an experiment: scores, calibration, convergence, profit."
NEEDS_DATABASE = True


def add_arguments(parser: CommandParser) -> None:
    """Declare the experiment, the nature of venues and the form of the output."""
    parser.add_argument(
        "--experiment-id",
        metavar="E",
        required=True,
        help="the experiment's id, or the name of an operator's",
    )
    parser.add_argument(
        "--nature",
        choices=[nature.value for nature in Nature],
        help="venues of this nature; without it live ones, if there are any",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def handle(
    options: dict[str, Any], stdout: OutputWrapper, _stderr: OutputWrapper
) -> None:
    """Compute the report and print it."""
    wanted = options["nature"]
    found = get_report(
        SYSTEM,
        read_experiment_id(options["experiment_id"]),
        Nature(wanted) if wanted else None,
    )
    if options["json"]:
        stdout.write(json.dumps(plain(found), allow_nan=False, indent=2))
        return
    is_empty = not found.report.counts.predictions
    stdout.write(_nothing(found) if is_empty else "\n".join(as_text(found)))


def _nothing(found: ExperimentReport) -> str:
    name = printable(found.experiment.label)
    if not found.natures or found.nature is None:
        return f"{name} has no prediction yet."
    there = ", ".join(one.value for one in found.natures)
    return (
        f"{name} has no prediction on {found.nature.value} markets; it has some on:"
        f" {there}."
    )


def as_text(found: ExperimentReport) -> list[str]:
    """Return a report as lines."""
    report, asking = found.report, found.asking
    nature = found.nature.value if found.nature else "no"
    state = "provisional" if report.is_provisional else "settled"
    cost = "unknown" if asking.cost is None else f"${decimal_text(asking.cost)}"
    counts = report.counts
    return [
        f"{printable(found.experiment.label)}, {nature} markets",
        (
            f"{counts.predictions} predictions of {counts.events} events:"
            f" {counts.settled} settled, {counts.void} without a winner,"
            f" {counts.open} open; the price was shown for {counts.price_shown}"
        ),
        _publication(found),
        f"{asking.attempts} attempts, {asking.refused} refused, cost {cost}",
        "",
        *figures_text(
            (
                (f"skill so far ({state})", report.skill_so_far),
                ("interim skill", report.interim_skill),
                ("copies of the market", report.copies),
                ("convergence, points", report.convergence.points),
                ("convergence, median %", report.convergence.percentage),
                ("convergence, points/h", report.convergence.rate),
                ("median hours to reach", report.time_to_convergence.median_hours),
            )
        ),
        "",
        _direction(report),
        "",
        *resolved_text(report.settled),
        "",
        *_profit(report),
    ]


def _publication(found: ExperimentReport) -> str:
    published = found.experiment.published_at
    if published is None:
        return "private"
    return (
        f"public since {published:%Y-%m-%d %H:%M} UTC;"
        f" {found.published_afterwards} predictions published afterwards"
    )


def _direction(report: Report) -> str:
    found = report.direction
    if found is None:
        return f"Direction: {report.direction_reason}."
    return (
        f"Direction: {found.accuracy:.1%} right, {found.null:.1%} by a coin,"
        f" excess {found.excess:+.1%}, p {number(found.p)}"
        f" (n {found.n}, {found.units} events)"
    )


def _profit(report: Report) -> list[str]:
    head = ("profit at bid and ask", "bets", "abstained", "unquoted", "staked")
    rows = [
        (
            one.staking.value,
            str(one.bets),
            str(one.abstained),
            str(one.unquoted),
            number(one.staked),
            number(one.fees),
            number(one.profit),
            *figure_cells("", one.profit_per_unit)[1:3],
            one.profit_per_unit.reason,
        )
        for one in report.profit
    ]
    titles = (*head, "fees", "profit", "per unit", "95 % interval", "")
    return columns([titles, *rows])
