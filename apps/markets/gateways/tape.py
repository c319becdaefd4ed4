"""A recorded history as a venue, replayed at any speed."""

from __future__ import annotations

import csv
import gzip
import io
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

from apps.core.errors import InvalidInputError
from apps.markets.domain.markets import Batch
from apps.markets.domain.tape_tables import TapeError, read_outcomes, read_recording

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from apps.markets.domain.markets import MarketReading
    from apps.markets.domain.tape import Playback, Recording

MOST_BYTES = 1024 * 1024 * 1024  # of a file, unpacked


class TapeGateway:
    """Answers as a recording says of the moment that is played."""

    most_at_once = 500

    def __init__(self, playback: Playback, *, clock: Callable[[], datetime]) -> None:
        """Take what is played and the clock that it goes by."""
        self._playback = playback
        self._clock = clock

    async def list_markets(
        self, *, query: str = "", limit: int | None = None
    ) -> AsyncIterator[MarketReading]:
        """Yield the markets that are open at this moment of the tape."""
        given = 0
        for reading in self._playback.list_open(self._clock()):
            if given == limit:
                return
            if query.lower() in reading.question.lower():
                given += 1
                yield reading

    async def fetch_markets(self, external_ids: Sequence[str]) -> Batch:
        """Return these markets as they stood at this moment of the tape.

        Raises:
            ValueError: more than `most_at_once` were asked for.
        """
        if len(external_ids) > self.most_at_once:
            raise ValueError(f"at most {self.most_at_once} markets at once")
        now = self._clock()
        found = {one: self._playback.read(one, now) for one in external_ids}
        return Batch(
            {name: reading for name, reading in found.items() if reading},
            {
                name: "not on the tape at this moment"
                for name, reading in found.items()
                if not reading
            },
        )

    async def aclose(self) -> None:
        """Do nothing: there is no connection."""


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
