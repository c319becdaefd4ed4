"""`predictions import FILE`: predictions of a CSV or JSONL file, all or none."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from django.utils import timezone

from apps.core.errors import InvalidInputError
from apps.predictions.domain.files import LONGEST_LINE, READERS
from apps.predictions.management.arguments import find_experiment, read_workspace
from apps.predictions.pipelines.importing import Imported, import_predictions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.core.management.base import CommandParser, OutputWrapper

NAME = "import"
HELP = "Record the predictions of a file, all of them or none."
NEEDS_DATABASE = True

TOLD_EVERY = 10_000


def add_arguments(parser: CommandParser) -> None:
    """Declare the file, the experiment and the form of the output."""
    parser.add_argument(
        "file",
        metavar="FILE",
        help="CSV or JSONL with market, outcome, probability and perhaps confidence, "
        "reasoning, cost, reference, market_price_shown; - is stdin",
    )
    parser.add_argument(
        "--experiment", required=True, metavar="E", help="its name or id"
    )
    parser.add_argument(
        "--workspace",
        metavar="W",
        help="the id of the workspace that has it; the operator's without it",
    )
    parser.add_argument(
        "--begin",
        action="store_true",
        help="begin the experiment where there is none of that name",
    )
    parser.add_argument(
        "--format",
        choices=sorted(READERS),
        help="of a file whose name does not end with one of them",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def handle(
    options: dict[str, Any], stdout: OutputWrapper, stderr: OutputWrapper
) -> None:
    """Import the file and say what came of it."""
    read = READERS[_format_of(options)]
    workspace_id = read_workspace(options["workspace"])
    with _opened(options["file"]) as (file, name):
        imported = import_predictions(
            read(iter(lambda: file.readline(LONGEST_LINE + 1), b"")),
            name=name,
            find_experiment=lambda now: find_experiment(
                options["experiment"],
                workspace_id,
                begin_at=now if options["begin"] else None,
            ),
            clock=timezone.now,
            progress=_progress(stderr),
        )
    experiment = imported.experiment
    document = {
        "experiment_id": str(experiment.id),
        "experiment": experiment.name,
        "predictions": imported.predictions,
        "recorded": imported.recorded,
        "repeated": imported.predictions - imported.recorded,
    }
    said = _sentence(imported, experiment.name)
    stdout.write(json.dumps(document) if options["json"] else said)


def _format_of(options: dict[str, Any]) -> str:
    named: str | None = options["format"]
    ending = Path(options["file"]).suffix.removeprefix(".").casefold()
    if named or ending in READERS:
        return named or ending
    raise InvalidInputError(f"--format: say whether {options['file']} is csv or jsonl.")


@contextmanager
def _opened(path: str) -> Iterator[tuple[BinaryIO, str]]:
    if path == "-":
        yield sys.stdin.buffer, "standard input"
        return
    try:
        file = Path(path).open("rb")  # noqa: SIM115 - closed below
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InvalidInputError(f"{path}: {reason}") from error
    with file:
        yield file, path


def _progress(stderr: OutputWrapper) -> Callable[[int], None]:
    def tell(done: int) -> None:
        if done % TOLD_EVERY == 0:
            stderr.write(f"{done} predictions looked at", style_func=str)

    return tell


def _sentence(imported: Imported, experiment: str) -> str:
    count = imported.predictions
    noun = "prediction" if count == 1 else "predictions"
    repeated = count - imported.recorded
    more = f"; {repeated} had been recorded before" if repeated else ""
    return f"Recorded {imported.recorded} of {count} {noun} in {experiment}{more}."
