"""`predictions rescore`: the scores of experiments, computed afresh."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from apps.predictions.management.arguments import read_experiment_id
from apps.predictions.services.rebuilding import rebuild_summaries
from apps.predictions.services.scores import recompute_scores

if TYPE_CHECKING:
    from django.core.management.base import CommandParser, OutputWrapper

NAME = "rescore"
HELP = "Compute the scores of experiments afresh, if wanted from every stored hour."
NEEDS_DATABASE = True


def add_arguments(parser: CommandParser) -> None:
    """Declare what is computed, and from what."""
    parser.add_argument(
        "--experiment-id",
        metavar="E",
        help="only this experiment, by id or name; all without",
    )
    parser.add_argument(
        "--from-snapshots",
        action="store_true",
        help="compute the summaries afresh too, from every stored hour",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def handle(
    options: dict[str, Any], stdout: OutputWrapper, _stderr: OutputWrapper
) -> None:
    """Compute and say how much that was."""
    wanted = options["experiment_id"]
    only = None if wanted is None else read_experiment_id(wanted)
    now, summaries = timezone.now(), 0
    if options["from_snapshots"]:
        summaries = rebuild_summaries(now=now, experiment_id=only)
    experiments = recompute_scores(
        now=now, experiment_ids=None if only is None else [only], everything=True
    )
    document = {"experiments": experiments, "summaries": summaries}
    if options["json"]:
        stdout.write(json.dumps(document, indent=2))
    else:
        stdout.write(f"{experiments} experiments scored, {summaries} summaries rebuilt")
