"""Predictions in a file: CSV with a header, or a JSON object on each line."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from apps.core.domain.csv_table import suggest_number
from apps.predictions.domain.entries import NewPrediction

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

REQUIRED = ("market", "outcome", "probability")
NUMBERS = ("probability", "confidence", "cost", "market_price_shown")
KNOWN = (*REQUIRED, "confidence", "reasoning", "cost", "reference", NUMBERS[3])
# What 100 % of a number is.
WHOLES = {"probability": 1, "market_price_shown": 1, "confidence": 100}
LONGEST_LINE = 1024 * 1024  # bytes; a file without line ends is not read to its end
SHOWN = 40
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A prediction with the line on which it begins."""

    line: int
    entry: NewPrediction


@dataclass(frozen=True, slots=True)
class FileFault:
    """What is wrong on a line; `field` is empty where it is the line itself."""

    line: int
    field: str
    what: str


class _LineError(Exception):
    """What is wrong with a line, or with one of its fields."""

    def __init__(self, what: str, field: str = "", line: int = 0) -> None:
        super().__init__(what)
        self.field = field
        self.line = line  # 0 where whoever catches it knows


def read_csv(lines: Iterable[bytes]) -> Iterator[FileEntry | FileFault]:
    """Yield the predictions of a CSV file, and what is wrong with its lines.

    UTF-8, with or without byte order mark, any line ends, quoted fields, columns in any
    order; an empty cell is a value that is left out. Where the file itself cannot be
    read on, that fault is the last.
    """
    reader = csv.reader(_decoded(lines), strict=True)
    columns: list[str] = []
    begin = 1
    try:
        for cells in reader:
            if cells and not columns:
                columns = _header(cells)
            elif cells:
                yield _entry(begin, _row(columns, cells), read_text=True)
            begin = reader.line_num + 1
    except _LineError as error:
        yield FileFault(error.line or begin, "", str(error))
    except csv.Error as error:
        yield FileFault(begin, "", f"not CSV: {error}")


def read_jsonl(lines: Iterable[bytes]) -> Iterator[FileEntry | FileFault]:
    """Yield the predictions of a file of JSON lines, and what is wrong with them."""
    try:
        for line, text in enumerate(_decoded(lines), start=1):
            if text.strip():
                yield _from_json(line, text)
    except _LineError as error:
        yield FileFault(error.line, "", str(error))


READERS: Mapping[str, Callable[[Iterable[bytes]], Iterator[FileEntry | FileFault]]] = {
    "csv": read_csv,
    "jsonl": read_jsonl,
}


def _decoded(lines: Iterable[bytes]) -> Iterator[str]:
    for number, line in enumerate(lines, start=1):
        if len(line) > LONGEST_LINE:
            what = f"more than {LONGEST_LINE} bytes in a line"
            raise _LineError(what, line=number)
        content = line.removeprefix(_BYTE_ORDER_MARK) if number == 1 else line
        try:
            yield content.decode("utf-8")
        except UnicodeDecodeError as error:
            raise _LineError("not UTF-8 text", line=number) from error


def _header(cells: list[str]) -> list[str]:
    columns = [cell.strip().casefold() for cell in cells]
    missing = [name for name in REQUIRED if name not in columns]
    if missing:
        raise _LineError(f"no column {', '.join(missing)}")
    for name in columns:
        if name not in KNOWN:
            raise _LineError(f"column {name[:SHOWN]!r} is none of {', '.join(KNOWN)}")
        if columns.count(name) > 1:
            raise _LineError(f"two columns {name}")
    return columns


def _row(columns: list[str], cells: list[str]) -> dict[str, Any] | str:
    if len(cells) != len(columns):
        return f"{len(cells)} fields where the header has {len(columns)}"
    row = zip(columns, cells, strict=True)
    return {name: cell for name, cell in row if cell.strip()}


def _from_json(line: int, text: str) -> FileEntry | FileFault:
    try:
        row = json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError):
        return FileFault(line, "", "not JSON")
    if not isinstance(row, dict):
        return FileFault(line, "", "not a JSON object")
    known = {name: value for name, value in row.items() if value is not None}
    return _entry(line, known, read_text=False)


def _entry(
    line: int, row: dict[str, Any] | str, *, read_text: bool
) -> FileEntry | FileFault:
    if isinstance(row, str):
        return FileFault(line, "", row)
    try:
        _check_names(row)
        return FileEntry(line, NewPrediction(**_values(row, read_text=read_text)))
    except _LineError as error:
        return FileFault(line, error.field, str(error))


def _check_names(row: Collection[str]) -> None:
    for name in row:
        if name not in KNOWN:
            raise _LineError(f"it is none of {', '.join(KNOWN)}", name[:SHOWN])
    for name in REQUIRED:
        if name not in row:
            raise _LineError("it is missing", name)


def _values(row: Mapping[str, Any], *, read_text: bool) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in row.items():
        if name in NUMBERS:
            values[name] = _number(name, value)
        elif name == "outcome" and type(value) is int:
            values[name] = value
        elif not isinstance(value, str):
            raise _LineError("a text belongs here", name)
        else:
            is_name = read_text and name != "reasoning"
            values[name] = value.strip() if is_name else value
    return values


def _number(name: str, value: object) -> Decimal:
    if isinstance(value, (str, int, Decimal)) and not isinstance(value, bool):
        try:
            return Decimal(value)
        except InvalidOperation:
            pass
    elif isinstance(value, float):  # NaN and Infinity, which JSON does not have
        return Decimal(value)
    what = f"{str(value)[:SHOWN]!r} is no number"
    hint = suggest_number(value, WHOLES.get(name)) if isinstance(value, str) else ""
    raise _LineError(what + hint, name)
