"""`predictions benchmark`: look at predictions now, as the hourly job does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from apps.core.errors import NotFoundError
from apps.predictions.management.arguments import read_experiment_id, read_id
from apps.predictions.management.hours import (
    describe_job,
    describe_tally,
    list_would_be,
    write_lines,
)
from apps.predictions.pipelines.hourly import look_apart, look_dry, run_hour
from apps.predictions.selectors.jobs import get_last_job
from apps.predictions.selectors.predictions import get_prediction
from apps.predictions.selectors.tracks import EVERYTHING, Scope
from apps.predictions.selectors.visible import SYSTEM

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from django.core.management.base import CommandParser, OutputWrapper

NAME = "benchmark"
HELP = (
    "Do the present hour's job, or look at some predictions apart from it. "
    "Exit status 1: the job failed."
)
NEEDS_DATABASE = True

FAILED = 1
# Of an experiment with more, a dry run shows so many.
MOST_SHOWN = 1_000


def add_arguments(parser: CommandParser) -> None:
    """Declare what is looked at, and how it is told."""
    only = parser.add_mutually_exclusive_group()
    only.add_argument(
        "--prediction-id", metavar="ID", help="only this prediction, apart from the job"
    )
    only.add_argument(
        "--experiment-id",
        metavar="E",
        help="only this experiment's predictions, apart from the job",
    )
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="fetch and compute, and write nothing; of some predictions show what "
        "would be stored",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def handle(
    options: dict[str, Any], stdout: OutputWrapper, stderr: OutputWrapper
) -> int:
    """Look, and print the result."""
    scope = _read_scope(options)
    if scope.is_whole and not options["dry_run"]:
        result = _run_job(stderr)
    elif options["dry_run"]:
        result = _look_dry(scope)
    else:
        tally = look_apart(scope, clock=timezone.now)
        result = {"dry_run": False, **describe_tally(tally)}
    if options["json"]:
        stdout.write(json.dumps(result, indent=2))
    else:
        stdout.write("\n".join(write_lines(result)))
    return FAILED if result.get("status") == "failed" else 0


def _run_job(stderr: OutputWrapper) -> dict[str, Any]:
    """Do what is left of the job; where nothing is, say so and tell of the newest."""
    job = run_hour(clock=timezone.now)
    if job is None:
        stderr.write("The hour's job is done already, or a worker is at it.")
        job = get_last_job()
    if job is None:
        raise NotFoundError("There is no job of any hour.")
    return describe_job(job)


def _look_dry(scope: Scope) -> dict[str, Any]:
    """Look without storing; of some predictions show what would be stored."""
    shown: list[dict[str, Any]] = []

    def note(ids: Sequence[UUID], hour: datetime) -> None:
        shown.extend(list_would_be(ids[: MOST_SHOWN - len(shown)], hour))

    tally = look_dry(scope, clock=timezone.now, note=None if scope.is_whole else note)
    result = {"dry_run": True, **describe_tally(tally)}
    return result if scope.is_whole else result | {"would_store": shown}


def _read_scope(options: dict[str, Any]) -> Scope:
    """Return what was asked for, which there has to be."""
    if options["prediction_id"] is not None:
        wanted = read_id(options["prediction_id"], "prediction")
        return Scope(prediction_id=get_prediction(SYSTEM, wanted).id)
    if options["experiment_id"] is not None:
        return Scope(experiment_id=read_experiment_id(options["experiment_id"]))
    return EVERYTHING
