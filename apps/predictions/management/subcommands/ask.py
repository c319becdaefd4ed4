"""`predictions ask`: have models say how probable outcomes are, awaited to the end."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from apps.accounts.domain.audit import Actor
from apps.core.attended import interruptible
from apps.core.errors import InvalidInputError
from apps.predictions.domain.asking import DEFAULT_MARKETS, Asked
from apps.predictions.management.arguments import read_id, read_workspace
from apps.predictions.management.ask_output import (
    AskProgress,
    to_document,
    to_table,
)
from apps.predictions.pipelines.asking import AskOptions, run_ask
from apps.predictions.selectors.ask_runs import get_ask_run
from apps.predictions.selectors.visible import SYSTEM
from apps.predictions.services.ask_leases import resume_ask
from apps.predictions.services.asks import start_ask

if TYPE_CHECKING:
    from uuid import UUID

    from django.core.management.base import CommandParser, OutputWrapper

NAME = "ask"
HELP = "Have models predict markets, and wait for what they say."
NEEDS_DATABASE = True

# An asking that ended otherwise than wanted; 130 is what a shell gives for Ctrl-C.
EXIT_STATUS = {"completed": 0, "stopped": 0, "cancelled": 130}
FAILED = 1
NEW = (
    *("experiment", "models", "markets", "query", "venue", "limit", "samples"),
    *("price", "outcome", "prompt_version", "workspace"),
)


def add_arguments(parser: CommandParser) -> None:
    """Declare who is asked what, and how far."""
    parser.add_argument(
        "--experiment",
        metavar="E",
        help="a name; each model's predictions go to the experiment E-MODEL",
    )
    parser.add_argument(
        "--models", metavar="PROVIDER/MODEL[,…]", help="the models, by their full names"
    )
    parser.add_argument(
        "--markets", metavar="ID[,…]", help="markets by id, or by VENUE:ID there"
    )
    parser.add_argument(
        "--query", metavar="WORDS", help="open markets that have all of these words"
    )
    parser.add_argument("--venue", metavar="V", help="with --query: only this venue's")
    parser.add_argument(
        "--limit",
        type=int,
        metavar="N",
        help=f"without --markets: the N most liquid ones ({DEFAULT_MARKETS})",
    )
    parser.add_argument(
        "--samples", type=int, metavar="N", help="answers whose median is taken (1)"
    )
    parser.add_argument(
        "--price",
        choices=("shown", "hidden"),
        help="whether the model is told the market's price (hidden)",
    )
    parser.add_argument(
        "--outcome", type=int, choices=(0, 1), help="which outcome: 0 is the first (0)"
    )
    parser.add_argument(
        "--prompt-version", metavar="V", help="the words around the question (v1)"
    )
    parser.add_argument(
        "--max-cost", metavar="USD", help="stop before this many US dollars are spent"
    )
    parser.add_argument(
        "--workspace",
        metavar="W",
        help="ask as the workspace of this id, with its keys and as its tier allows: "
        "its members alone see it; without it everybody sees what the operator asks",
    )
    parser.add_argument(
        "--resume", metavar="RUN_ID", help="take an asking up again where it ended"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def handle(
    options: dict[str, Any], stdout: OutputWrapper, stderr: OutputWrapper
) -> int:
    """Start or resume the asking, do it in this process, print what came of it."""
    run_id = _begin(options)
    stderr.write(f"asking {run_id}", style_func=str)
    progress = AskProgress(stderr, lambda: get_ask_run(SYSTEM, run_id))
    with interruptible() as interrupted:
        run_ask(
            run_id,
            clock=timezone.now,
            options=AskOptions(interrupted=interrupted, moved=progress.moved),
        )
    progress.close()
    row = get_ask_run(SYSTEM, run_id)
    as_json = json.dumps(to_document(row), indent=2)
    stdout.write(as_json if options["json"] else to_table(row))
    status = row.status.value
    if status != "completed":
        reason = f": {row.reason}" if row.reason else ""
        stderr.write(
            f"{status}{reason}\nWhat is answered is kept. Go on with: "
            f"manage.py predictions ask --resume {run_id}",
            style_func=str,
        )
    return EXIT_STATUS.get(status, FAILED)


def _begin(options: dict[str, Any]) -> UUID:
    max_cost = _read_money(options["max_cost"])
    now = timezone.now()
    if options["resume"]:
        for name in NEW:
            if options[name] is not None:
                flag = name.replace("_", "-")
                raise InvalidInputError(f"--{flag} does not go with --resume.")
        run_id = read_id(options["resume"], "asking")
        resume_ask(run_id=run_id, max_cost=max_cost, now=now, publish=False)
        return run_id
    for name in ("experiment", "models"):
        if not options[name]:
            raise InvalidInputError(f"--{name} is missing.")
    started = start_ask(
        workspace_id=read_workspace(options["workspace"]),
        asked=_read_asked(options, max_cost),
        trigger="command",
        actor=Actor(label="the command line"),
        now=now,
        publish=False,
    )
    return started.run_id


def _read_asked(options: dict[str, Any], max_cost: Decimal | None) -> Asked:
    limit, samples = options["limit"], options["samples"]
    return Asked(
        experiment=options["experiment"],
        models=_split(options["models"]),
        markets=_split(options["markets"] or ""),
        query=options["query"],
        venue=options["venue"] or "",
        limit=DEFAULT_MARKETS if limit is None else limit,
        outcome=options["outcome"] or 0,
        samples=1 if samples is None else samples,
        shows_price=options["price"] == "shown",
        prompt_version=options["prompt_version"] or "",
        max_cost=max_cost,
    )


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _read_money(text: str | None) -> Decimal | None:
    if text is None:
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        raise InvalidInputError(
            f"--max-cost is {text!r}; write US dollars such as 0.50."
        ) from None
