"""`benchmarks import FILE`: a published benchmark becomes a suite."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from apps.benchmarks.domain.imports import PARSERS
from apps.benchmarks.pipelines.importing import ImportedSuite, import_suite

if TYPE_CHECKING:
    from django.core.management.base import CommandParser, OutputWrapper

NAME = "import"
HELP = "Import a published benchmark file as a suite."
NEEDS_DATABASE = True


def add_arguments(parser: CommandParser) -> None:
    """Declare the file, its format and the suite."""
    parser.add_argument("file", metavar="FILE", help="the file, as it was published")
    parser.add_argument(
        "--format",
        choices=sorted(PARSERS),
        required=True,
        help="humaneval: .jsonl or .jsonl.gz; mbpp: the sanitized .json",
    )
    parser.add_argument(
        "--suite", required=True, metavar="S", help="the suite to make or to renew"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def handle(
    options: dict[str, Any], stdout: OutputWrapper, _stderr: OutputWrapper
) -> None:
    """Import the file and say what came of it."""
    imported = import_suite(
        options["file"],
        form=options["format"],
        slug=options["suite"],
        now=timezone.now(),
    )
    stdout.write(_as_json(imported) if options["json"] else _as_text(imported))


def _as_json(imported: ImportedSuite) -> str:
    return json.dumps(
        {
            "suite": imported.suite,
            "version_id": str(imported.version_id),
            "tasks": imported.tasks,
            "is_new": imported.is_new,
            "is_newest": imported.is_newest,
        }
    )


def _as_text(imported: ImportedSuite) -> str:
    tasks = f"{imported.tasks} {'task' if imported.tasks == 1 else 'tasks'}"
    if imported.is_new:
        return f"Imported {tasks} into suite {imported.suite}."
    if imported.is_newest:
        return f"Suite {imported.suite} already holds these {tasks}: nothing changed."
    return (
        f"An earlier version of suite {imported.suite} already holds these {tasks};"
        " its newest version, which has others, stays: nothing changed."
    )
