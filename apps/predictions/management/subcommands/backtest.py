"""`predictions backtest --tape FILE --predictions FILE`: the past, played again."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from signal import SIGINT, SIGTERM
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils import timezone

from apps.core.attended import interruptible
from apps.core.console import open_lines, printable
from apps.core.web.twins import plain, time_text
from apps.predictions.domain.backtest_file import parse_backtest_file
from apps.predictions.management.backtest_progress import BacktestProgress
from apps.predictions.management.subcommands.report import as_text
from apps.predictions.pipelines.backtesting import Backtest, read_tape, run_backtest
from apps.predictions.selectors.reports import get_report
from apps.predictions.selectors.visible import SYSTEM

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.core.management.base import CommandParser, OutputWrapper

    from apps.predictions.pipelines.backtest_stage import Progress

NAME = "backtest"
HELP = "Replay past predictions on a tape, hour by hour, and print their report."
NEEDS_DATABASE = True
INTERRUPTED = 130
# Columns of a tape: what a taker pays is rate * (p * (1 - p)) ** exponent * shares.
FEES = {
    "fee_rate": "what a taker pays, in rate * (p * (1 - p)) ** exponent * shares",
    "fee_exponent": "the exponent of that, 1 by default",
    "fee_rounds_up_to": "what a fee is rounded up to a multiple of",
}


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
    for name, what in FEES.items():
        flag = f"--{name.replace('_', '-')}"
        parser.add_argument(flag, metavar="N", help=f"{what}, where the tape has not")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def handle(
    options: dict[str, Any], stdout: OutputWrapper, stderr: OutputWrapper
) -> int:
    """Replay and print what came of it."""
    with interruptible(by=(SIGINT, SIGTERM)) as interrupted:
        progress = BacktestProgress(stderr, interrupted)
        try:
            done = _play(options, stderr, progress.tell)
        except InterruptedError as error:
            stderr.write(f"{error}: nothing of it is kept.", style_func=str)
            return INTERRUPTED
        finally:
            progress.close()
    found = get_report(SYSTEM, done.experiment_id)
    if options["json"]:
        document = {"backtest": plain(asdict(done)), "report": plain(found)}
        stdout.write(json.dumps(document, allow_nan=False, indent=2))
        return 0
    stdout.write("\n".join([*_summary(done), "", *as_text(found)]))
    return 0


def _play(
    options: dict[str, Any],
    stderr: OutputWrapper,
    tell: Callable[[Progress], None],
) -> Backtest:
    with open_lines(options["predictions"]) as (lines, called):
        file = parse_backtest_file(lines, called)
    if file.ignored_columns:
        names = map(printable, file.ignored_columns)
        stderr.write(f"ignored columns: {', '.join(names)}", style_func=str)
    return run_backtest(
        read_tape(
            options["tape"],
            options["outcomes"],
            {name: options[name] for name in FEES if options[name] is not None},
        ),
        file.predictions,
        name=options["name"] or Path(called).stem,
        now=timezone.now(),
        progress=tell,
    )


def _summary(done: Backtest) -> list[str]:
    page = reverse("experiment", args=[done.experiment_id])
    lines = [
        f"experiment {done.experiment_id}, venue {done.venue}, page {page}",
        (
            f"tape from {time_text(done.tape_begins_at)}"
            f" to {time_text(done.tape_ends_at)}"
        ),
        (
            f"{done.recorded} predictions recorded, {len(done.refused)} refused;"
            f" {done.looks} looks in {done.hours} hours, {done.failed} failed"
        ),
    ]
    return lines + [f"line {one.line}: {one.reason}" for one in done.refused]
