"""The state of a run as live connections carry it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from apps.benchmarks.models import RunStatus
from apps.benchmarks.selectors.runs import ACTIVE, get_visible_runs
from apps.core.errors import NotFoundError

if TYPE_CHECKING:
    from uuid import UUID

    from apps.accounts.selectors.workspaces import Viewer
    from apps.benchmarks.models import Run


@dataclass(frozen=True, slots=True)
class RunState:
    """One frame: a JSON object, and what a connection must know of it."""

    data: str
    done: int
    has_ended: bool


def describe_run(run: Run) -> dict[str, object]:
    """Return a run's state as frames carry it: all of it, since frames may be lost."""
    return {
        "run": str(run.id),
        "status": run.status,
        "samples": run.samples,
        "done": run.passed + run.failed + run.unscored,
        "passed": run.passed,
        "failed": run.failed,
        "unscored": run.unscored,
        "cost": None if run.untold else format(run.cost, "f"),
    }


def read_run_state(viewer: Viewer, run_id: UUID) -> RunState:
    """Return a run's present state from its row.

    Raises:
        NotFoundError: no such run is visible.
    """
    run = get_visible_runs(viewer).defer("manifest").filter(pk=run_id).first()
    if run is None:
        raise NotFoundError(f"There is no run {run_id}.")
    return parse_run_state(json.dumps(describe_run(run)))


def parse_run_state(data: str) -> RunState:
    """Return a published frame with what a connection must know of it."""
    frame = json.loads(data)
    return RunState(data, frame["done"], RunStatus(frame["status"]) not in ACTIVE)
