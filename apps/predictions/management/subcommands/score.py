"""`predictions score FILE.csv`: every resolved score on anyone's table."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from apps.core.console import open_lines, printable
from apps.core.web.twins import plain
from apps.predictions.domain.resolved import judge, score_resolved
from apps.predictions.domain.score_file import parse_score_file
from apps.predictions.management.texts import resolved_text, verdict_text

if TYPE_CHECKING:
    from django.core.management.base import CommandParser, OutputWrapper

NAME = "score"
HELP = "Score a CSV table of predictions whose outcomes are known."
NEEDS_DATABASE = False


def add_arguments(parser: CommandParser) -> None:
    """Declare the file and the form of the output."""
    parser.add_argument(
        "file",
        metavar="FILE",
        help=(
            "CSV with columns id, probability, outcome, optionally market_price, event"
            " and confidence; - is stdin"
        ),
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def handle(
    options: dict[str, Any], stdout: OutputWrapper, stderr: OutputWrapper
) -> None:
    """Read the table, score it, print every figure with its n."""
    with open_lines(options["file"]) as (lines, name):
        parsed = parse_score_file(lines, name)
    if parsed.ignored_columns:
        names = map(printable, parsed.ignored_columns)
        stderr.write(f"ignored columns: {', '.join(names)}")
    scores = score_resolved(parsed.resolved)
    verdict = judge(scores.skill)
    counts = {"predictions": parsed.predictions, "void": parsed.void}
    if options["json"]:
        document = {**counts, "verdict": plain(verdict), "scores": plain(scores)}
        stdout.write(json.dumps(document, allow_nan=False, indent=2))
        return
    head = f"{parsed.predictions} predictions, {parsed.void} without a winner"
    said = verdict_text(verdict, scores.skill)
    table = resolved_text(scores, has_close=False)
    stdout.write("\n".join([head, said, "", *table]))
