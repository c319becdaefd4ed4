"""`predictions ensemble`: one probability from several experiments' of each market."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from apps.core.errors import InvalidInputError
from apps.predictions.domain.ensembles import Method
from apps.predictions.management.arguments import (
    read_workspace,
    resolve_experiment,
)
from apps.predictions.pipelines.ensembles import (
    Ensembled,
    begin_ensemble,
    make_recipe,
    run_ensemble,
)
from apps.predictions.selectors.visible import SYSTEM

if TYPE_CHECKING:
    from datetime import datetime

    from django.core.management.base import CommandParser, OutputWrapper

NAME = "ensemble"
HELP = "Record what several experiments together make of the markets that are open."
NEEDS_DATABASE = True

LONGEST_HOURS = 24 * 366


def add_arguments(parser: CommandParser) -> None:
    """Declare the ensemble, its members, the method and the form of the output."""
    parser.add_argument(
        "--experiment",
        required=True,
        metavar="NEW",
        help="the ensemble's name; it is begun where there is none",
    )
    parser.add_argument(
        "--from",
        required=True,
        dest="members",
        metavar="A,B[,…]",
        help="the members, by name or id",
    )
    parser.add_argument(
        "--method",
        required=True,
        choices=[one.value for one in Method],
        help="median; trimmed: the mean without the extremes; weighted: by past skill",
    )
    parser.add_argument(
        "--min-members",
        type=int,
        metavar="N",
        help="predict what so many of them predicted; all of them without it",
    )
    parser.add_argument(
        "--max-age-hours",
        type=float,
        metavar="H",
        help="leave out members' predictions that are older",
    )
    parser.add_argument(
        "--workspace",
        metavar="W",
        help="the id of the workspace that has it; the operator's without it",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def handle(
    options: dict[str, Any], stdout: OutputWrapper, stderr: OutputWrapper
) -> None:
    """Record the ensemble's predictions and say what came of it."""
    now = timezone.now()
    workspace_id = read_workspace(options["workspace"])
    names = [name.strip() for name in options["members"].split(",")]
    members = [resolve_experiment(name, workspace_id) for name in names]
    recipe = make_recipe(Method(options["method"]), members, options["min_members"])
    since = _since(options["max_age_hours"], now)
    ensemble = begin_ensemble(
        SYSTEM,
        workspace_id=workspace_id,
        name=options["experiment"],
        members=members,
        recipe=recipe,
        now=now,
    )
    made = run_ensemble(
        experiment_id=ensemble.id, recipe=recipe, clock=timezone.now, since=since
    )
    for one in made.skipped:
        stderr.write(f"{one.market}: {one.why}")
    document = {
        "experiment_id": str(ensemble.id),
        "experiment": ensemble.name,
        "recorded": made.recorded,
        "unchanged": made.unchanged,
        "too_few_members": made.too_few,
        "skipped": [
            {"market_id": str(one.market), "why": one.why} for one in made.skipped
        ],
    }
    said = _sentence(made, ensemble.name)
    stdout.write(json.dumps(document) if options["json"] else said)


def _since(hours: float | None, now: datetime) -> datetime | None:
    if hours is None:
        return None
    if not 0 < hours <= LONGEST_HOURS:
        raise InvalidInputError(
            f"--max-age-hours: use more than 0 and at most {LONGEST_HOURS}."
        )
    return now - timedelta(hours=hours)


def _sentence(made: Ensembled, name: str) -> str:
    return (
        f"Recorded {made.recorded} in {name}; {made.unchanged} stand already,"
        f" {made.too_few} have too few members, {len(made.skipped)} cannot be"
        " predicted now."
    )
