"""A table of scores as anyone may have it: CSV with item, model, score, cluster."""

from __future__ import annotations

from dataclasses import dataclass
from sys import intern
from typing import TYPE_CHECKING

from apps.core.domain.csv_table import (
    LineError,
    naming,
    quote,
    read_number,
    read_table,
)
from apps.core.domain.score_table import LARGEST_SCORE, Score

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

REQUIRED = ("item", "model", "score")
KNOWN = (*REQUIRED, "cluster")


@dataclass(frozen=True, slots=True)
class ParsedTable:
    """The scores of a file, and the columns of it that mean nothing here."""

    scores: tuple[Score, ...]
    ignored_columns: tuple[str, ...]


def parse_score_table(lines: Iterable[bytes], name: str) -> ParsedTable:
    """Will read scores from the lines of a CSV file; the file is taken whole or not.

    UTF-8, with or without byte order mark, any line ends, quoted fields, columns in
    any order. Names lose white space around them; blank lines do not count.

    Args:
        lines: the file's lines as bytes.
        name: what to call the file in errors.

    Raises:
        InvalidInputError: with the file, the line and the reason.
    """
    with naming(name):
        table = read_table(lines, required=REQUIRED, known=KNOWN)
        reader = _RowReader()
        scores = tuple(reader.read(line, row) for line, row in table.rows)
        if not scores:
            raise LineError(table.header_line, "no scores follow the header")
    return ParsedTable(scores, table.ignored_columns)


class _RowReader:
    """Reads rows one after the other and remembers where it saw what."""

    def __init__(self) -> None:
        self._lines: dict[str, dict[str, int]] = {}
        self._clusters: dict[str, tuple[str | None, int]] = {}

    def read(self, line: int, row: Mapping[str, str]) -> Score:
        for column in KNOWN:
            if row.get(column) == "":
                raise LineError(line, f"{column} is empty")
        # The same names stand on every row: one string each.
        item, model = intern(row["item"]), intern(row["model"])
        cluster = intern(row["cluster"]) if "cluster" in row else None
        score = read_number(line, "score", row["score"], LARGEST_SCORE)
        first = self._lines.setdefault(model, {}).setdefault(item, line)
        if first != line:
            pair = f"item {quote(item)} of model {quote(model)}"
            raise LineError(line, f"{pair} already stands on line {first}")
        known, where = self._clusters.setdefault(item, (cluster, line))
        if known != cluster:
            here, there = quote(cluster or ""), quote(known or "")
            reason = f"item {quote(item)} is in cluster {here}, but in {there}"
            raise LineError(line, f"{reason} on line {where}")
        return Score(model=model, item=item, score=score, cluster=cluster)
