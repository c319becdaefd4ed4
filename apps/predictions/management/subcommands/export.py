"""`predictions export --format F --output DIR`: everything, as files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from apps.core.errors import InvalidInputError
from apps.predictions.management.arguments import read_experiment_id
from apps.predictions.management.writers import WRITERS
from apps.predictions.selectors.exports import export_tables

if TYPE_CHECKING:
    from django.core.management.base import CommandParser, OutputWrapper

NAME = "export"
HELP = "Write predictions, summaries and snapshots to files, whatever their number."
NEEDS_DATABASE = True


def add_arguments(parser: CommandParser) -> None:
    """Declare the format, the folder and what to write."""
    parser.add_argument(
        "--format", choices=sorted(WRITERS), required=True, help="of all three files"
    )
    parser.add_argument(
        "--output",
        metavar="DIR",
        required=True,
        help="where they go; it is made, and files of the same names are replaced",
    )
    parser.add_argument(
        "--experiment-id",
        metavar="E",
        help="only this experiment, by id or name; all without",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def handle(
    options: dict[str, Any], stdout: OutputWrapper, _stderr: OutputWrapper
) -> None:
    """Write the files and say how many rows each holds."""
    wanted = options["experiment_id"]
    only = None if wanted is None else read_experiment_id(wanted)
    form, folder = options["format"], Path(options["output"])
    written = {}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for table in export_tables(only):
            path = folder / f"{table.name}.{form}"
            written[str(path)] = WRITERS[form](table, path)
    except OSError as error:
        raise InvalidInputError(
            f"{error.filename or folder}: {error.strerror}"
        ) from error
    if options["json"]:
        files = [{"path": path, "rows": rows} for path, rows in written.items()]
        stdout.write(json.dumps({"files": files}, indent=2))
        return
    stdout.write("\n".join(f"{path}: {rows} rows" for path, rows in written.items()))
