"""Tables as files: CSV for spreadsheets, JSON lines, and Parquet for everything else.

A file is written beside its name and moved there once it is whole.
"""

from __future__ import annotations

import csv
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from apps.core.web.twins import plain, safe_cell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    import pyarrow as pa

    from apps.predictions.selectors.exports import Column, Table


def write_csv(table: Table, path: Path) -> int:
    """Write RFC 4180 with a header; text that a spreadsheet would run is made safe."""
    written = 0
    with _beside(path) as partial, partial.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([column.name for column in table.columns])
        for chunk in table.chunks:
            writer.writerows(map(_cells, chunk))
            written += len(chunk)
    return written


def write_jsonl(table: Table, path: Path) -> int:
    """Write one object a line; decimals are text, so that none of their digits go."""
    names = [column.name for column in table.columns]
    written = 0
    with _beside(path) as partial, partial.open("w") as file:
        for chunk in table.chunks:
            for row in chunk:
                values = dict(zip(names, map(plain, row), strict=True))
                file.write(json.dumps(values, allow_nan=False) + "\n")
            written += len(chunk)
    return written


def write_parquet(table: Table, path: Path) -> int:
    """Write Parquet with the columns' own types: decimals, UTC times, numbers."""
    # It takes a third of a second to load, which no other subcommand should wait for.
    import pyarrow as pa  # noqa: PLC0415
    from pyarrow import parquet  # noqa: PLC0415

    schema = pa.schema([(one.name, _arrow_type(one, pa)) for one in table.columns])
    written = 0
    with (
        _beside(path) as partial,
        parquet.ParquetWriter(partial, schema, compression="zstd") as writer,
    ):
        for chunk in table.chunks:
            arrays = [
                pa.array([_arrow_value(value, one) for value in values], type=kind)
                for one, kind, values in zip(
                    table.columns, schema.types, zip(*chunk, strict=True), strict=True
                )
            ]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
            written += len(chunk)
    return written


WRITERS: Mapping[str, Callable[[Table, Path], int]] = {
    "csv": write_csv,
    "jsonl": write_jsonl,
    "parquet": write_parquet,
}


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    partial = path.with_name(f".{path.name}.part")
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _cells(row: Sequence[object]) -> list[object]:
    return [
        json.dumps(value) if isinstance(value, (dict, list)) else safe_cell(value)
        for value in row
    ]


def _arrow_type(column: Column, pa: Any) -> pa.DataType:
    if column.kind == "decimal":
        return pa.decimal128(column.digits, column.places)
    return {
        "bool": pa.bool_(),
        "float": pa.float64(),
        "int": pa.int64(),
        "time": pa.timestamp("us", tz="UTC"),
    }.get(column.kind, pa.string())


def _arrow_value(value: Any, column: Column) -> Any:
    if value is None:
        return None
    if column.kind == "json":
        return json.dumps(value)
    return str(value) if column.kind == "text" else value
