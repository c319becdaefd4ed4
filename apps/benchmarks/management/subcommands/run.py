"""`benchmarks run`: a run from the command line, awaited to its end."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils import timezone

from apps.benchmarks.management.progress import Progress
from apps.benchmarks.management.summaries import describe_summary, to_table
from apps.benchmarks.pipelines.attended import Attendance, is_worker_there
from apps.benchmarks.selectors.suites import SYSTEM, get_suite_version
from apps.benchmarks.selectors.summary import RunSummary, get_run_summary
from apps.benchmarks.services.runs import create_run, resume_run
from apps.catalog.selectors.models import resolve_models
from apps.core.attended import interruptible
from apps.core.errors import InvalidInputError

if TYPE_CHECKING:
    from django.core.management.base import CommandParser, OutputWrapper

NAME = "run"
HELP = "Run models over a suite and wait for the result."
NEEDS_DATABASE = True

# A run that ended otherwise than asked for; 130 is what a shell gives for Ctrl-C.
EXIT_STATUS = {"completed": 0, "stopped": 0, "cancelled": 130}
FAILED = 1


def add_arguments(parser: CommandParser) -> None:
    """Declare what to run and how far."""
    parser.add_argument("--suite", metavar="SUITE", help="the suite's name")
    parser.add_argument(
        "--models", metavar="PROVIDER/MODEL[,…]", help="the models, by their full names"
    )
    parser.add_argument(
        "--limit", type=int, metavar="N", help="only the suite's first N tasks"
    )
    parser.add_argument(
        "--epochs", type=int, metavar="N", help="how often each task is asked (1)"
    )
    parser.add_argument(
        "--max-cost", metavar="USD", help="stop before this many US dollars are spent"
    )
    parser.add_argument(
        "--resume", metavar="RUN_ID", help="take a run up again where it ended"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def handle(
    options: dict[str, Any], stdout: OutputWrapper, stderr: OutputWrapper
) -> int:
    """Start or resume the run, wait for it, print what came of it."""
    attended = is_worker_there(timezone.now())
    run_id = _begin(options, publish=attended)
    where = "a worker" if attended else "this process: no worker answers"
    stderr.write(f"run {run_id}, done by {where}", style_func=str)
    progress = Progress(stderr)
    with interruptible() as interrupted:
        attendance = Attendance(
            run_id, clock=timezone.now, tell=progress.tell, interrupted=interrupted
        )
        run = attendance.look_on() if attended else attendance.work_here()
    progress.close()
    summary = get_run_summary(SYSTEM, run_id)
    document = describe_summary(summary)
    stdout.write(
        json.dumps(document, allow_nan=False, indent=2)
        if options["json"]
        else to_table(summary)
    )
    if run.status != "completed":
        _advise(summary, stderr)
    return EXIT_STATUS.get(run.status, FAILED)


def _begin(options: dict[str, Any], *, publish: bool) -> UUID:
    max_cost = _read_money(options["max_cost"])
    if options["resume"]:
        return _resume(options, max_cost, publish=publish)
    for name in ("suite", "models"):
        if not options[name]:
            raise InvalidInputError(f"--{name} is missing.")
    version = get_suite_version(SYSTEM, options["suite"])
    return create_run(
        suite_version_id=version.id,
        model_ids=[model.id for model in resolve_models(options["models"])],
        epochs=1 if options["epochs"] is None else options["epochs"],
        limit=options["limit"],
        max_cost=max_cost,
        trigger="command",
        now=timezone.now(),
        publish=publish,
    )


def _resume(
    options: dict[str, Any], max_cost: Decimal | None, *, publish: bool
) -> UUID:
    for name in ("suite", "models", "limit", "epochs"):
        if options[name] is not None:
            raise InvalidInputError(f"--{name} does not go with --resume.")
    run_id = read_run_id(options["resume"])
    resume_run(run_id=run_id, max_cost=max_cost, now=timezone.now(), publish=publish)
    return run_id


def read_run_id(text: str) -> UUID:
    """Return the run's identifier.

    Raises:
        InvalidInputError: the text is none.
    """
    try:
        return UUID(text)
    except ValueError:
        raise InvalidInputError(f"{text!r} is no run: give its id.") from None


def _read_money(text: str | None) -> Decimal | None:
    if text is None:
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        raise InvalidInputError(
            f"--max-cost is {text!r}; write US dollars such as 0.50."
        ) from None


def _advise(summary: RunSummary, stderr: OutputWrapper) -> None:
    run = summary.run
    reason = f": {run.status_reason}" if run.status_reason else ""
    stderr.write(
        f"{run.status}{reason}\nWhat is finished is kept. Go on with: "
        f"manage.py benchmarks run --resume {run.id}",
        style_func=str,
    )
