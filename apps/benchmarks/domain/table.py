"""A table of scores as anyone may have it: CSV with item, model, score, cluster."""

from __future__ import annotations

import csv
import math
import re
from dataclasses import dataclass
from sys import intern
from typing import TYPE_CHECKING

from apps.core.domain.score_table import LARGEST_SCORE, Score
from apps.core.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

REQUIRED = ("item", "model", "score")
KNOWN = (*REQUIRED, "cluster")
LONGEST_LINE = 1024 * 1024  # bytes; a file without line ends is not read to its end
MOST_COLUMNS = 1000
SHOWN_CHARACTERS = 40
SHOWN_COLUMNS = 10

# float() would also take "1_000", "nan" and the digits of other scripts.
_DECIMAL = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


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
    try:
        return _parse(lines)
    except _LineError as error:
        raise InvalidInputError(f"{name}, line {error.line}: {error}") from error


class _LineError(Exception):
    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line


def _parse(lines: Iterable[bytes]) -> ParsedTable:
    records = _records(lines)
    line, header = next(records, (1, []))
    columns = [name.strip().casefold() for name in header]
    _check_header(line, columns)
    reader = _RowReader()
    scores = []
    for row_line, fields in records:
        if len(fields) != len(columns):
            reason = f"{len(fields)} fields where the header has {len(columns)}"
            raise _LineError(row_line, reason)
        row = dict(zip(columns, (field.strip() for field in fields), strict=True))
        scores.append(reader.read(row_line, row))
    if not scores:
        raise _LineError(line, "no scores follow the header")
    return ParsedTable(tuple(scores), tuple(c for c in columns if c not in KNOWN))


def _records(lines: Iterable[bytes]) -> Iterator[tuple[int, list[str]]]:
    """Yield each record that is not blank, with the line on which it begins."""
    reader = csv.reader(_decoded(lines), strict=True)
    begin = 1
    try:
        for fields in reader:
            if fields:
                yield begin, fields
            begin = reader.line_num + 1
    except csv.Error as error:
        raise _LineError(begin, f"not CSV: {error}") from error


def _decoded(lines: Iterable[bytes]) -> Iterator[str]:
    for number, line in enumerate(lines, start=1):
        if len(line) > LONGEST_LINE:
            raise _LineError(number, f"more than {LONGEST_LINE} bytes in a line")
        content = line.removeprefix(_BYTE_ORDER_MARK) if number == 1 else line
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError as error:
            raise _LineError(number, "not UTF-8 text") from error
        if "\0" in text:
            raise _LineError(number, "not text: it holds a NUL byte")
        yield text


def _check_header(line: int, columns: list[str]) -> None:
    if len(columns) > MOST_COLUMNS:
        reason = f"{len(columns)} columns, more than {MOST_COLUMNS}"
        raise _LineError(line, reason)
    missing = [name for name in REQUIRED if name not in columns]
    if missing:
        shown = [_quote(name) for name in columns[:SHOWN_COLUMNS]]
        shown += ["…"] if len(columns) > SHOWN_COLUMNS else []
        found = ", ".join(shown) or "nothing"
        raise _LineError(line, f"no column {', '.join(missing)} (found {found})")
    for name in columns:
        if columns.count(name) > 1:
            raise _LineError(line, f"two columns {_quote(name)}")


class _RowReader:
    """Reads rows one after the other and remembers where it saw what."""

    def __init__(self) -> None:
        self._lines: dict[str, dict[str, int]] = {}
        self._clusters: dict[str, tuple[str | None, int]] = {}

    def read(self, line: int, row: Mapping[str, str]) -> Score:
        for column in KNOWN:
            if row.get(column) == "":
                raise _LineError(line, f"{column} is empty")
        # The same names stand on every row: one string each.
        item, model = intern(row["item"]), intern(row["model"])
        cluster = intern(row["cluster"]) if "cluster" in row else None
        score = _number(line, row["score"])
        first = self._lines.setdefault(model, {}).setdefault(item, line)
        if first != line:
            pair = f"item {_quote(item)} of model {_quote(model)}"
            raise _LineError(line, f"{pair} already stands on line {first}")
        known, where = self._clusters.setdefault(item, (cluster, line))
        if known != cluster:
            here, there = _quote(cluster or ""), _quote(known or "")
            reason = f"item {_quote(item)} is in cluster {here}, but in {there}"
            raise _LineError(line, f"{reason} on line {where}")
        return Score(model=model, item=item, score=score, cluster=cluster)


def _number(line: int, text: str) -> float:
    if not _DECIMAL.fullmatch(text):
        raise _LineError(line, f"score {_quote(text)} is not a finite decimal number")
    number = float(text)
    if math.isinf(number) or abs(number) > LARGEST_SCORE:
        raise _LineError(line, f"score {_quote(text)} is beyond {LARGEST_SCORE:g}")
    return number


def _quote(text: str) -> str:
    """Show a value on one line and not at any length."""
    shown = text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "…"
    return repr(shown)
