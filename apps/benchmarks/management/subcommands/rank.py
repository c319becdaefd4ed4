"""`benchmarks rank FILE.csv`: the leaderboard's statistics on anyone's table."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from apps.benchmarks.domain.table import LONGEST_LINE, ParsedTable, parse_score_table
from apps.core.domain.comparison import Comparison, RankMode, compare_models
from apps.core.domain.score_table import tabulate
from apps.core.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

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
        names = map(_printable, parsed.ignored_columns)
        stderr.write(f"ignored columns: {', '.join(names)}")
    mode = RankMode(options["mode"])
    comparison = compare_models(tabulate(parsed.scores), mode=mode)
    stdout.write(_as_json(comparison) if options["json"] else _as_text(comparison))


def _read(path: str) -> ParsedTable:
    if path == "-":
        return parse_score_table(_lines(sys.stdin.buffer), "standard input")
    try:
        with Path(path).open("rb") as file:
            return parse_score_table(_lines(file), path)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InvalidInputError(f"{path}: {reason}") from error


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Yield lines, of which one that is too long comes in pieces that are too long."""
    return iter(lambda: file.readline(LONGEST_LINE + 1), b"")


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
    interval = f"{comparison.level:.0%} interval"
    note = MODE_NOTES[comparison.mode].format(alpha=comparison.design.alpha)
    count = len(comparison.pairs)
    head = ("rank", "model", "mean", interval, "n", "least detectable difference")
    lines = _columns([head, *map(_model_cells, comparison.models)])
    lines += ["", f"{note}; {count} {'pair' if count == 1 else 'pairs'}."]
    if count > PAIRS_SHOWN:
        lines.append("--json lists every pair.")
    elif count:
        titles = ("pair", "difference", interval, "n", "p", "Holm", "told apart")
        lines += ["", *_columns([titles, *map(_pair_cells, comparison.pairs)])]
    return "\n".join(lines)


def _model_cells(standing: ModelStanding) -> tuple[str, ...]:
    low, high = standing.rank_low, standing.rank_high
    return (
        str(low) if low == high else f"{low}-{high}",
        _printable(standing.model),
        _number(standing.mean),
        _interval(standing.ci_low, standing.ci_high),
        str(standing.n),
        _number(standing.least_detectable_difference),
    )


def _pair_cells(pair: PairComparison) -> tuple[str, ...]:
    verdict = f"yes ({pair.test})" if pair.significant else f"no ({pair.test})"
    return (
        f"{_printable(pair.a)} - {_printable(pair.b)}",
        _number(pair.difference),
        _interval(pair.ci_low, pair.ci_high),
        str(pair.n),
        _number(pair.p),
        _number(pair.p_adjusted),
        verdict if pair.n else "no common item",
    )


def _columns(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


def _interval(low: float | None, high: float | None) -> str:
    return "-" if low is None else f"{_number(low)} to {_number(high)}"


def _printable(name: str) -> str:
    """Keep a name that holds control characters from steering the terminal."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name)
