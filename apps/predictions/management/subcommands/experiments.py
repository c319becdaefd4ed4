"""`predictions experiments`: which there are, by the ids and names that others take."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from apps.core.console import columns, printable
from apps.core.web.twins import plain
from apps.predictions.domain.words import ExperimentKind
from apps.predictions.management.arguments import read_workspace
from apps.predictions.selectors.naming import iterate_experiments
from apps.predictions.selectors.visible import SYSTEM

if TYPE_CHECKING:
    from django.core.management.base import CommandParser, OutputWrapper

    from apps.predictions.selectors.predictions import ExperimentRow

NAME = "experiments"
HELP = "List the experiments, the newest first, with their ids, names and kinds."
NEEDS_DATABASE = True

HEAD = ("id", "name", "kind", "predictions", "whose", "begun")


def add_arguments(parser: CommandParser) -> None:
    """Declare which are wanted, and the form of the output."""
    parser.add_argument(
        "--workspace", metavar="W", help="only those of the workspace of this id"
    )
    parser.add_argument(
        "--kind",
        choices=[kind.value for kind in ExperimentKind],
        help="only those of this kind",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def handle(
    options: dict[str, Any], stdout: OutputWrapper, _stderr: OutputWrapper
) -> None:
    """List them."""
    kind = options["kind"]
    rows = iterate_experiments(
        SYSTEM,
        workspace_id=read_workspace(options["workspace"]),
        kind=ExperimentKind(kind) if kind else None,
    )
    if options["json"]:
        document = {"experiments": [_describe(row) for row in rows]}
        stdout.write(json.dumps(document, indent=2))
        return
    lines = [_cells(row) for row in rows]
    if not lines:
        stdout.write("There are no experiments.")
        return
    stdout.write("\n".join(columns([HEAD, *lines])))


def _describe(row: ExperimentRow) -> dict[str, object]:
    return {
        "experiment_id": str(row.id),
        "experiment": row.name,
        "title": row.title,
        "kind": row.kind.value,
        "model": row.model,
        "is_backtest": row.is_backtest,
        "is_public": row.is_public,
        "workspace_id": plain(row.workspace_id),
        "predictions": row.predictions_made,
        "created_at": plain(row.created_at),
    }


def _cells(row: ExperimentRow) -> tuple[str, ...]:
    kind = f"{row.kind.value}, backtest" if row.is_backtest else row.kind.value
    owner = "the operator" if row.workspace_id is None else str(row.workspace_id)
    return (
        str(row.id),
        printable(row.name),
        kind,
        str(row.predictions_made),
        owner if row.is_public else f"{owner}, private",
        f"{row.created_at:%Y-%m-%d %H:%M}",
    )
