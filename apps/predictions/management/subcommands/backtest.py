"""`predictions backtest --tape FILE --predictions FILE`: the past, played again."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from apps.core.console import open_lines, printable
from apps.core.web.twins import plain
from apps.predictions.domain.backtest_file import parse_backtest_file
from apps.predictions.management.subcommands.report import as_text
from apps.predictions.pipelines.backtesting import Backtest, read_tape, run_backtest
from apps.predictions.selectors.reports import get_report
from apps.predictions.selectors.visible import SYSTEM

if TYPE_CHECKING:
    from datetime import datetime

    from django.core.management.base import CommandParser, OutputWrapper

NAME = "backtest"
HELP = "Replay past predictions on a tape, hour by hour, and print their report."
NEEDS_DATABASE = True


def add_arguments(parser: CommandParser) -> None:
    """Declare the files, the name and the form of the output."""
    parser.add_argument(
        "--tape", metavar="FILE", required=True, help="prices, as `markets tape` takes"
    )
    parser.add_argument(
        "--outcomes", metavar="FILE", help="how markets ended, where the tape has not"
    )
    parser.add_argument(
        "--predictions",
        metavar="FILE",
        required=True,
        help=(
            "CSV with market, probability, predicted_at, perhaps outcome, confidence,"
            " market_price_shown and reasoning; - is stdin"
        ),
    )
    parser.add_argument(
        "--as",
        dest="name",
        metavar="NAME",
        help="of the experiment and its venue; the name of the predictions' file",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def handle(
    options: dict[str, Any], stdout: OutputWrapper, stderr: OutputWrapper
) -> None:
    """Replay and print what came of it."""
    with open_lines(options["predictions"]) as (lines, called):
        file = parse_backtest_file(lines, called)
    if file.ignored_columns:
        names = map(printable, file.ignored_columns)
        stderr.write(f"ignored columns: {', '.join(names)}")
    done = run_backtest(
        read_tape(options["tape"], options["outcomes"]),
        file.predictions,
        name=options["name"] or Path(called).stem,
        now=timezone.now(),
        progress=_teller(stderr),
    )
    found = get_report(SYSTEM, done.experiment_id)
    if options["json"]:
        document = {"backtest": plain(asdict(done)), "report": plain(found)}
        stdout.write(json.dumps(document, allow_nan=False, indent=2))
        return
    stdout.write("\n".join([*_summary(done), "", *as_text(found)]))


def _teller(stderr: OutputWrapper) -> Any:
    """Return what says each new day of the tape on a terminal."""
    told: list[str] = []

    def tell(moment: datetime) -> None:
        day = f"{moment:%Y-%m-%d}"
        if stderr.isatty() and day not in told[-1:]:
            told.append(day)
            stderr.write(day, style_func=str)

    return tell


def _summary(done: Backtest) -> list[str]:
    lines = [
        f"experiment {done.experiment_id}, venue {done.venue}",
        (
            f"{done.recorded} predictions recorded, {len(done.refused)} refused;"
            f" {done.looks} looks in {done.hours} hours, {done.failed} failed"
        ),
    ]
    return lines + [f"line {one.line}: {one.reason}" for one in done.refused]
