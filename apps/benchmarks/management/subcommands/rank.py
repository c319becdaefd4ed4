"""`benchmarks rank FILE.csv`: the leaderboard's statistics on anyone's table."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from apps.benchmarks.domain.table import ParsedTable, parse_score_table
from apps.core.console import columns, interval, number, open_lines, printable
from apps.core.domain.comparison import Comparison, RankMode, compare_models
from apps.core.domain.score_table import tabulate

if TYPE_CHECKING:
    from django.core.management.base import CommandParser, OutputWrapper

    from apps.core.domain.comparison import ModelStanding, PairComparison

NAME = "rank"
HELP = "Rank the models of a CSV table of scores, with the uncertainty of each rank."
NEEDS_DATABASE = False

PAIRS_SHOWN = 15
MODE_NOTES = {
    RankMode.PAIRED: "Ranks by paired tests, Holm-corrected at {alpha:g}",
    RankMode.INTERVAL: "Ranks by whether the intervals lie apart (LMArena's rule)",
}


def add_arguments(parser: CommandParser) -> None:
    """Declare the file, the rule of ranking and the form of the output."""
    parser.add_argument(
        "file",
        metavar="FILE",
        help="CSV with columns item, model, score, optionally cluster; - is stdin",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument(
        "--mode",
        choices=[mode.value for mode in RankMode],
        default=RankMode.PAIRED.value,
        help="rank by paired tests (default), or by separate intervals as LMArena does",
    )


def handle(
    options: dict[str, Any], stdout: OutputWrapper, stderr: OutputWrapper
) -> None:
    """Read the table, compare its models, print the result."""
    parsed = _read(options["file"])
    if parsed.ignored_columns:
        names = map(printable, parsed.ignored_columns)
        stderr.write(f"ignored columns: {', '.join(names)}")
    mode = RankMode(options["mode"])
    comparison = compare_models(tabulate(parsed.scores), mode=mode)
    stdout.write(_as_json(comparison) if options["json"] else _as_text(comparison))


def _read(path: str) -> ParsedTable:
    with open_lines(path) as (lines, name):
        return parse_score_table(lines, name)


def _as_json(comparison: Comparison) -> str:
    document = {
        "models": [asdict(standing) for standing in comparison.models],
        "pairs": [asdict(pair) for pair in comparison.pairs],
        "mode": comparison.mode,
        "level": comparison.level,
        "alpha": comparison.design.alpha,
        "power": comparison.design.power,
    }
    return json.dumps(document, allow_nan=False, indent=2)


def _as_text(comparison: Comparison) -> str:
    level = f"{comparison.level:.0%} interval"
    note = MODE_NOTES[comparison.mode].format(alpha=comparison.design.alpha)
    count = len(comparison.pairs)
    head = ("rank", "model", "mean", level, "n", "least detectable difference")
    lines = columns([head, *map(_model_cells, comparison.models)])
    lines += ["", f"{note}; {count} {'pair' if count == 1 else 'pairs'}."]
    if count > PAIRS_SHOWN:
        lines.append("--json lists every pair.")
    elif count:
        titles = ("pair", "difference", level, "n", "p", "Holm", "told apart")
        lines += ["", *columns([titles, *map(_pair_cells, comparison.pairs)])]
    return "\n".join(lines)


def _model_cells(standing: ModelStanding) -> tuple[str, ...]:
    low, high = standing.rank_low, standing.rank_high
    return (
        str(low) if low == high else f"{low}-{high}",
        printable(standing.model),
        number(standing.mean),
        interval(standing.ci_low, standing.ci_high),
        str(standing.n),
        number(standing.least_detectable_difference),
    )


def _pair_cells(pair: PairComparison) -> tuple[str, ...]:
    verdict = f"yes ({pair.test})" if pair.significant else f"no ({pair.test})"
    return (
        f"{printable(pair.a)} - {printable(pair.b)}",
        number(pair.difference),
        interval(pair.ci_low, pair.ci_high),
        str(pair.n),
        number(pair.p),
        number(pair.p_adjusted),
        verdict if pair.n else "no common item",
    )
