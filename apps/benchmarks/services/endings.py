"""Telling a workspace that a run of its own has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.accounts.services.deliveries import queue_delivery

if TYPE_CHECKING:
    from datetime import datetime

    from apps.benchmarks.models import Run

RUN_ENDED = "run.ended"


def call_back(run: Run, *, now: datetime) -> None:
    """Queue the callback of a run that ends in the present transaction, if it has one.

    A run that is resumed ends once more and calls once more; nothing else makes two.
    """
    if run.workspace_id is None or not run.webhook_url:
        return
    began_at = run.resumed_at or run.created_at
    queue_delivery(
        workspace_id=run.workspace_id,
        kind=RUN_ENDED,
        reference=f"run:{run.id}:{began_at.isoformat()}",
        url=run.webhook_url,
        data=_describe(run),
        now=now,
    )


def _describe(run: Run) -> dict[str, object]:
    version = run.suite_version
    return {
        "run_id": run.id,
        "status": run.status,
        "status_reason": run.status_reason,
        "status_url": f"/api/v1/runs/{run.id}",
        "suite": version.suite.slug,
        "suite_version": version.number,
        "samples": run.samples,
        "passed": run.passed,
        "failed": run.failed,
        "unscored": run.unscored,
        "cost": None if run.untold else format(run.cost, "f"),
        "created_at": run.created_at,
        "finished_at": run.finished_at,
    }
