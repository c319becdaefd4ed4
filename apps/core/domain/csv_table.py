"""Tables as anyone may have them: CSV, of which a bad row is named by its line."""

from __future__ import annotations

import csv
import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from apps.core.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

LONGEST_LINE = 1024 * 1024  # bytes; a file without line ends is not read to its end
MOST_COLUMNS = 1000
SHOWN_CHARACTERS = 40
SHOWN_COLUMNS = 10

# float() would also take "1_000", "nan" and the digits of other scripts.
_DECIMAL = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class LineError(Exception):
    """What is wrong with a line."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line


@dataclass(frozen=True, slots=True)
class CsvTable:
    """The rows of a table by column, with the line on which each begins.

    Column names are lower case, values lose white space around them; `ignored_columns`
    are those of which nothing is known.
    """

    rows: Iterator[tuple[int, dict[str, str]]]
    header_line: int
    ignored_columns: tuple[str, ...]


@contextmanager
def naming(name: str) -> Iterator[None]:
    """Turn a `LineError` into an `InvalidInputError` that names file and line."""
    try:
        yield
    except LineError as error:
        raise InvalidInputError(f"{name}, line {error.line}: {error}") from error


def read_table(
    lines: Iterable[bytes], *, required: Sequence[str], known: Sequence[str]
) -> CsvTable:
    """Will read the header of a CSV file, and its rows as they are asked for.

    UTF-8, with or without byte order mark, any line ends, quoted fields, columns in
    any order; blank lines do not count.

    Args:
        lines: the file's lines as bytes.
        required: columns without which there is no table.
        known: all columns that mean something.

    Raises:
        LineError: with the line and the reason, also while rows are read.
    """
    records = _records(lines)
    line, header = next(records, (1, []))
    columns = [name.strip().casefold() for name in header]
    _check_header(line, columns, required)
    ignored = tuple(column for column in columns if column not in known)
    return CsvTable(_rows(records, columns), line, ignored)


def _rows(
    records: Iterator[tuple[int, list[str]]], columns: list[str]
) -> Iterator[tuple[int, dict[str, str]]]:
    for line, fields in records:
        if len(fields) != len(columns):
            reason = f"{len(fields)} fields where the header has {len(columns)}"
            raise LineError(line, reason)
        yield line, dict(zip(columns, (one.strip() for one in fields), strict=True))


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
        raise LineError(begin, f"not CSV: {error}") from error


def _decoded(lines: Iterable[bytes]) -> Iterator[str]:
    for number, line in enumerate(lines, start=1):
        if len(line) > LONGEST_LINE:
            raise LineError(number, f"more than {LONGEST_LINE} bytes in a line")
        content = line.removeprefix(_BYTE_ORDER_MARK) if number == 1 else line
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError as error:
            raise LineError(number, "not UTF-8 text") from error
        if "\0" in text:
            raise LineError(number, "not text: it holds a NUL byte")
        yield text


def _check_header(line: int, columns: list[str], required: Sequence[str]) -> None:
    if len(columns) > MOST_COLUMNS:
        reason = f"{len(columns)} columns, more than {MOST_COLUMNS}"
        raise LineError(line, reason)
    missing = [name for name in required if name not in columns]
    if missing:
        shown = [quote(name) for name in columns[:SHOWN_COLUMNS]]
        shown += ["…"] if len(columns) > SHOWN_COLUMNS else []
        found = ", ".join(shown) or "nothing"
        raise LineError(line, f"no column {', '.join(missing)} (found {found})")
    for name in columns:
        if columns.count(name) > 1:
            raise LineError(line, f"two columns {quote(name)}")


def read_number(line: int, column: str, text: str, largest: float) -> float:
    """Return a decimal number that is not beyond `largest`, which may be infinite.

    Raises:
        LineError: the text is none, or it is beyond.
    """
    if not _DECIMAL.fullmatch(text):
        reason = f"{column} {quote(text)} is not a finite decimal number"
        raise LineError(line, reason + suggest_number(text))
    number = float(text)
    if abs(number) > largest:
        raise LineError(line, f"{column} {quote(text)} is beyond {largest:g}")
    return number


def suggest_number(text: str, whole: float | None = None) -> str:
    """Say how a number is written, where a text looks like one: a comma, a percentage.

    `whole` is what 100 % of it is; without it a percentage has no other way to be
    written. Returns nothing where no number is seen.
    """
    number, percent, rest = text.strip().replace(",", ".").partition("%")
    number = number.strip()
    is_percentage = bool(percent)
    if rest or not _DECIMAL.fullmatch(number) or (is_percentage and whole is None):
        return ""
    if not is_percentage:
        return f": write {number}"
    return f": write {float(number) * (whole or 1) / 100:g}"


def quote(text: str) -> str:
    """Show a value on one line and not at any length."""
    shown = text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "…"
    return repr(shown)
