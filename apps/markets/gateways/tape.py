"""A recorded history as a venue, replayed at any speed."""

from __future__ import annotations

import csv
import gzip
import io
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

from apps.core.errors import InvalidInputError
from apps.markets.domain.tape_tables import TapeError, read_outcomes, read_recording
from apps.markets.gateways.stand_in import StandInGateway

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from apps.markets.domain.tape import Recording

MOST_BYTES = 1024 * 1024 * 1024  # of a file, unpacked


class TapeGateway(StandInGateway):
    """Answers as a recording says of the moment that is played."""

    unknown = "not on the tape at this moment"


def read_tape_files(path: Path, outcomes: Path | None = None) -> Recording:
    """Return the recording of a file, with the ends of markets from another.

    The name says the form: `.csv`, `.json` (a list of objects) or `.jsonl`, each also
    with `.gz`.

    Raises:
        InvalidInputError: a file is not there, or is no tape; it says where.
    """
    known = {}
    if outcomes is not None:
        with _reading(outcomes) as rows:
            known = read_outcomes(rows)
    with _reading(path) as rows:
        return read_recording(rows, known)


@contextmanager
def _reading(path: Path) -> Iterator[Iterator[Mapping[str, object]]]:
    """Have the rows of a file; whatever is wrong with it is said in one line."""
    try:
        with path.open("rb") as raw:
            packed = gzip.GzipFile(fileobj=raw) if path.suffix == ".gz" else raw
            text = io.TextIOWrapper(packed, "utf-8-sig", newline="")
            yield _read_rows(text, path.name.removesuffix(".gz"))
    except OSError as error:
        reason = error.strerror or str(error)
        raise InvalidInputError(f"{path}: {reason}") from error
    except (TapeError, UnicodeDecodeError, EOFError, csv.Error) as error:
        raise InvalidInputError(f"{path}: {error}") from error


def _read_rows(text: io.TextIOWrapper, name: str) -> Iterator[Mapping[str, object]]:
    if name.endswith(".csv"):
        yield from csv.DictReader(text)
    elif name.endswith(".jsonl"):
        for number, line in enumerate(text, start=1):
            if line.strip():
                yield _to_row(_parse(line, number), number)
    elif name.endswith(".json"):
        rows = _parse(text.read(MOST_BYTES), 1)
        if not isinstance(rows, list):
            raise TapeError("is not a list of objects")
        for number, row in enumerate(rows, start=1):
            yield _to_row(row, number)
    else:
        raise TapeError("ends in none of .csv, .json, .jsonl (and .gz after it)")


def _parse(text: str, number: int) -> object:
    try:
        return json.loads(text, parse_float=str)
    except ValueError as error:
        raise TapeError(f"row {number}: is not JSON: {error}") from error


def _to_row(row: object, number: int) -> Mapping[str, object]:
    if not isinstance(row, dict):
        raise TapeError(f"row {number}: is not an object")
    return row
