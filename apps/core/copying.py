"""Whole columns into a table at once: arrays in PostgreSQL's binary COPY format.

The driver writes a row in microseconds for each of its values; here the rows of a block
are laid out by NumPy, which takes a hundredth of that. Only kinds of fixed width are
known, and nothing is null: a float that is not there is NaN, which SQL turns into null
by `NULLIF(x, 'NaN')`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np
from django.db import connection
from psycopg import sql

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER = b"\xff\xff"
# By the kind of the array's items: how PostgreSQL names and reads them.
_KINDS = {
    "f": ("float8", ">f8"),
    "i": ("int4", ">i4"),
    "b": ("bool", "u1"),
    "V": ("uuid", "V16"),
}


def to_uuid_array(ids: Sequence[UUID]) -> NDArray[np.void]:
    """Return identifiers as an array that `copy_columns` takes."""
    return np.frombuffer(b"".join(one.bytes for one in ids), dtype="V16")


def to_uuids(ids: NDArray[np.void]) -> list[UUID]:
    """Return the identifiers of an array."""
    return [UUID(bytes=one.tobytes()) for one in ids]


def copy_columns(table: str, columns: Mapping[str, NDArray[Any]]) -> None:
    """Make a temporary table of these columns, filled; the transaction's end drops it.

    Arrays of floats, integers of 32 bits at most, booleans, and of `to_uuid_array`.

    Raises:
        KeyError: an array is of another kind.
        ValueError: the arrays are not of one length.
    """
    names = sql.Identifier(table)
    kinds = sql.SQL(", ").join(
        sql.SQL("{} {}").format(
            sql.Identifier(name), sql.SQL(_KINDS[array.dtype.kind][0])
        )
        for name, array in columns.items()
    )
    block = _lay_out(list(columns.values()))
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL("CREATE TEMPORARY TABLE {} ({}) ON COMMIT DROP").format(
                names, kinds
            )
        )
        statement = sql.SQL("COPY {} FROM STDIN (FORMAT BINARY)").format(names)
        with cursor.copy(statement) as copy:
            copy.write(_HEADER + block + _TRAILER)


def _lay_out(arrays: list[NDArray[Any]]) -> bytes:
    """Return the rows: the number of columns, then each value after its length."""
    lengths = {len(array) for array in arrays}
    if len(lengths) != 1:
        raise ValueError(f"columns of {sorted(lengths)} rows")
    layout: list[tuple[str, str]] = [("columns", ">i2")]
    for place, array in enumerate(arrays):
        layout += [(f"n{place}", ">i4"), (f"v{place}", _KINDS[array.dtype.kind][1])]
    rows = np.empty(lengths.pop(), dtype=layout)
    rows["columns"] = len(arrays)
    for place, array in enumerate(arrays):
        rows[f"n{place}"] = rows.dtype[f"v{place}"].itemsize
        rows[f"v{place}"] = array
    return rows.tobytes()
