"""Predictions with their outcomes as anyone may have them: a CSV file to be scored."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from apps.core.domain.csv_table import (
    LineError,
    naming,
    quote,
    read_number,
    read_table,
    suggest_number,
)
from apps.predictions.domain.entries import as_share
from apps.predictions.domain.resolved import Resolved

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

REQUIRED = ("id", "probability", "outcome")
KNOWN = (*REQUIRED, "market_price", "event", "confidence")
PERCENT = 100.0
_UNKNOWN = float("nan")


@dataclass(frozen=True, slots=True)
class ScoreFile:
    """What a file holds; rows whose outcome is neither 0 nor 1 are void."""

    resolved: Resolved
    predictions: int
    void: int
    ignored_columns: tuple[str, ...]


def parse_score_file(lines: Iterable[bytes], name: str) -> ScoreFile:
    """Will read predictions from the lines of a CSV file, which is taken whole or not.

    Columns `id`, `probability` (0-1), `outcome` (1 came, 0 did not, anything between is
    an end without a winner), and optionally `market_price` (0-1), `event` (what several
    rows share) and `confidence` (0-100); an empty one of these is unknown. A row
    without an event is an event of its own.

    Raises:
        InvalidInputError: with the file, the line and the reason.
    """
    with naming(name):
        table = read_table(lines, required=REQUIRED, known=KNOWN)
        seen: dict[str, int] = {}
        rows = [_read(line, row, seen) for line, row in table.rows]
        if not rows:
            raise LineError(table.header_line, "no predictions follow the header")
    numbers = np.array([row[:4] for row in rows], dtype=np.float64).T
    everything = Resolved(
        probabilities=numbers[0],
        values=numbers[1],
        prices=numbers[2],
        closing_prices=np.full(len(rows), np.nan),
        confidences=numbers[3],
        clusters=[row[4] for row in rows],
    )
    settled = (numbers[1] == 0) | (numbers[1] == 1)
    return ScoreFile(
        resolved=everything.take(settled),
        predictions=len(rows),
        void=int((~settled).sum()),
        ignored_columns=table.ignored_columns,
    )


def _read(
    line: int, row: Mapping[str, str], seen: dict[str, int]
) -> tuple[float, float, float, float, tuple[str, str]]:
    key = row["id"]
    if not key:
        raise LineError(line, "id is empty")
    first = seen.setdefault(key, line)
    if first != line:
        raise LineError(line, f"id {quote(key)} already stands on line {first}")
    event = row.get("event", "")
    return (
        _within(line, "probability", row["probability"], 1.0),
        _within(line, "outcome", row["outcome"], 1.0),
        _optional(line, "market_price", row, 1.0),
        _optional(line, "confidence", row, 100.0),
        ("event", event) if event else ("id", key),
    )


def _optional(line: int, column: str, row: Mapping[str, str], most: float) -> float:
    text = row.get(column, "")
    return _within(line, column, text, most) if text else _UNKNOWN


def _within(line: int, column: str, text: str, most: float) -> float:
    if not text:
        raise LineError(line, f"{column} is empty")
    if hint := "%" in text and column != "outcome" and suggest_number(text, most):
        raise LineError(line, f"{column} {quote(text)} is no number{hint}")
    value = read_number(line, column, text, math.inf)
    share = as_share(value) if column == "confidence" else ""
    if share:
        raise LineError(line, f"confidence {share}")
    if 0 <= value <= most:
        return value
    what = f"{column} {quote(text)} is not within 0-{most:g}"
    raise LineError(line, what + _hint(column, value, most))


def _hint(column: str, value: float, most: float) -> str:
    if column == "outcome":
        return ": 1 came, 0 did not"
    # What is beyond the whole as a share, and is not as a percentage.
    return ": 75 % is 0.75" if most == 1 and 1 < value <= PERCENT else ""
