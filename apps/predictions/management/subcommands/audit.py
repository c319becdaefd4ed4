"""`predictions audit`: were predictions edited, backdated, put between or taken out."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from apps.core.errors import InvalidInputError
from apps.predictions.domain.chain import Break, Head
from apps.predictions.management.arguments import read_experiment_id
from apps.predictions.selectors.audit import ChainAudit, audit_chains, find_lost_head

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.core.management.base import CommandParser, OutputWrapper

NAME = "audit"
HELP = (
    "Check that no prediction was edited, backdated, put between or taken out. "
    "Exit status 1: a chain is broken."
)
NEEDS_DATABASE = True

BROKEN = 1


def add_arguments(parser: CommandParser) -> None:
    """Declare the experiment, what was noted earlier, and the form of the output."""
    parser.add_argument(
        "--experiment-id",
        metavar="E",
        help="only this experiment, by id or name; all without",
    )
    parser.add_argument(
        "--against",
        metavar="FILE.json",
        help="an earlier output of --json, whose heads must still be in their chains",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def handle(
    options: dict[str, Any], stdout: OutputWrapper, _stderr: OutputWrapper
) -> int:
    """Walk the chains, and say which hold and where the others break first."""
    wanted = options["experiment_id"]
    only = None if wanted is None else read_experiment_id(wanted)
    noted = _read_noted(options["against"])
    if only is not None:
        noted = {key: head for key, head in noted.items() if key == only}
    audits, lost = [], dict(noted)
    for audit in audit_chains(only):
        lost.pop(audit.experiment_id, None)
        audits.append(_describe(audit, _first_break(audit, noted)))
    audits += [_describe_lost(one, head) for one, head in lost.items()]
    broken = sum(audit["break"] is not None for audit in audits)
    document = {"experiments": audits, "broken": broken}
    text = json.dumps(document, indent=2) if options["json"] else _as_text(audits)
    stdout.write(text)
    return BROKEN if broken else 0


def _first_break(audit: ChainAudit, noted: Mapping[UUID, Head]) -> Break | None:
    head = noted.get(audit.experiment_id)
    if audit.broken is not None or head is None:
        return audit.broken
    return find_lost_head(audit.experiment_id, head)


def _describe(audit: ChainAudit, broken: Break | None) -> dict[str, Any]:
    return {
        "experiment_id": str(audit.experiment_id),
        "experiment": audit.experiment,
        "predictions": audit.predictions,
        "head_hash": audit.head_hash,
        "break": None if broken is None else _describe_break(broken),
    }


def _describe_break(broken: Break) -> dict[str, Any]:
    found = broken.prediction_id
    return {**asdict(broken), "prediction_id": None if found is None else str(found)}


def _describe_lost(experiment_id: UUID, head: Head) -> dict[str, Any]:
    return {
        "experiment_id": str(experiment_id),
        "experiment": "",
        "predictions": 0,
        "head_hash": "",
        "break": {
            "kind": "missing",
            "sequence": head.predictions,
            "prediction_id": None,
            "what": "the experiment was noted earlier and is gone",
        },
    }


def _as_text(audits: list[dict[str, Any]]) -> str:
    if not audits:
        return "There are no experiments."
    return "\n".join(map(_line, audits))


def _line(audit: dict[str, Any]) -> str:
    name = audit["experiment"] or audit["experiment_id"]
    broken = audit["break"]
    if broken is None:
        count = audit["predictions"]
        noun = "prediction" if count == 1 else "predictions"
        return f"{name}: {count} {noun} hold; head {audit['head_hash'] or 'none'}"
    which = broken["prediction_id"] or "none"
    return (
        f"{name}: broken at {broken['sequence']} ({broken['kind']},"
        f" prediction {which}): {broken['what']}"
    )


def _read_noted(path: str | None) -> dict[UUID, Head]:
    if path is None:
        return {}
    try:
        noted = json.loads(Path(path).read_bytes())["experiments"]
        return {
            UUID(one["experiment_id"]): Head(int(one["predictions"]), one["head_hash"])
            for one in noted
        }
    except OSError as error:
        raise InvalidInputError(f"{path}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidInputError(f"{path}: no output of audit --json.") from error
