"""What an export of one's data is, and how its files are written."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, is_dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

KEPT_FOR = timedelta(days=7)
ONE_PER = timedelta(days=1)
# A worker that says nothing for so long has lost the export.
LEASE = timedelta(minutes=5)
MOST_ATTEMPTS = 3
TOKEN_BYTES = 32  # 256 bits


class ExportState(StrEnum):
    """Where an export stands."""

    WAITING = "waiting"
    BUILDING = "building"
    READY = "ready"
    FAILED = "failed"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class ExportFile:
    """A file of the archive: its rows, what they are, and the models they come from.

    A name that ends in `.jsonl` has one JSON value a line, any other one a list.
    """

    about: str
    rows: Iterable[object]
    models: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[object]:
        """Go through the rows."""
        return iter(self.rows)


def digest_of(token: str) -> str:
    """Return what is stored of a link's token."""
    return hashlib.sha256(token.encode()).hexdigest()


def encode_rows(rows: Iterable[object], *, as_lines: bool) -> Iterator[str]:
    """Write rows piece by piece: as lines, or as the list that they make together."""
    if as_lines:
        for row in rows:
            yield f"{_to_json(row)}\n"
        return
    mark = "[\n"
    for row in rows:
        yield f"{mark}{_to_json(row)}"
        mark = ",\n"
    yield "[]\n" if mark == "[\n" else "\n]\n"


def _to_json(row: object) -> str:
    return json.dumps(row, ensure_ascii=False, default=to_plain)


def to_plain(value: object) -> object:
    """Return what JSON lacks in its words: times in UTC with `Z`, money as text.

    Raises:
        TypeError: there is no form for it, as for bytes, which may be a secret.
    """
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal | UUID):
        return str(value)
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    raise TypeError(f"an export has no form for {type(value).__name__}")
