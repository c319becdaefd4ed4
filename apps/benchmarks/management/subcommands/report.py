"""`benchmarks report RUN_ID`: a run with its evidence, for people and programs."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from apps.benchmarks.management.reports import to_markdown
from apps.benchmarks.management.subcommands.run import read_run_id
from apps.benchmarks.management.summaries import describe_summary
from apps.benchmarks.selectors.results import MAX_PAGE, ResultRow, list_results
from apps.benchmarks.selectors.suites import SYSTEM
from apps.benchmarks.selectors.summary import RunSummary, get_run_summary
from apps.core.web.twins import csv_text, plain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from django.core.management.base import CommandParser, OutputWrapper

NAME = "report"
HELP = "Print a run: ranks, families, what went unscored, the manifest, every sample."
NEEDS_DATABASE = True

FORMATS = ("md", "json", "csv")
# Nested values have no place in a cell; they are in the JSON report.
_NESTED = {"breakdown", "package_versions"}
COLUMNS = tuple(field.name for field in fields(ResultRow) if field.name not in _NESTED)


def add_arguments(parser: CommandParser) -> None:
    """Declare the run and the form of the output."""
    parser.add_argument("run_id", metavar="RUN_ID", help="the run's id")
    parser.add_argument(
        "--format",
        choices=FORMATS,
        default="md",
        help="md: a summary; json: all there is; csv: one line per sample",
    )


def handle(
    options: dict[str, Any], stdout: OutputWrapper, _stderr: OutputWrapper
) -> None:
    """Print the report."""
    run_id = read_run_id(options["run_id"])
    summary = get_run_summary(SYSTEM, run_id)
    if options["format"] == "md":
        text = to_markdown(summary)
    elif options["format"] == "json":
        text = json.dumps(_to_document(summary), allow_nan=False, indent=2)
    else:
        rows = (
            [getattr(row, column) for column in COLUMNS] for row in _read_all(run_id)
        )
        text = csv_text(COLUMNS, rows)
    stdout.write(text, ending="" if text.endswith("\n") else "\n")


def _to_document(summary: RunSummary) -> dict[str, Any]:
    run = summary.run
    return {
        **describe_summary(summary),
        "suite": run.suite_slug,
        "suite_version": run.suite_version,
        "trigger": run.trigger,
        "status_reason": run.status_reason,
        "epochs": run.epochs,
        "max_cost": plain(run.max_cost),
        "estimated_cost": plain(run.estimated_cost),
        "created_at": plain(run.created_at),
        "started_at": plain(run.started_at),
        "finished_at": plain(run.finished_at),
        "clustered": summary.clustered,
        "pairs": plain(summary.pairs),
        "families": plain(summary.families),
        "unscored_reasons": plain(summary.unscored),
        "manifest": plain(summary.manifest),
        "results": [plain(row) for row in _read_all(run.id)],
    }


def _read_all(run_id: UUID) -> Iterator[ResultRow]:
    cursor = None
    while True:
        page = list_results(SYSTEM, run_id, cursor=cursor, limit=MAX_PAGE)
        yield from page.rows
        cursor = page.next_cursor
        if cursor is None:
            return
