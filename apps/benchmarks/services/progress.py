"""Telling watchers how a run stands, after the commit that moved it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from django.db import transaction

from apps.benchmarks.models import Run
from apps.benchmarks.selectors.run_state import describe_run
from apps.core.live import publish

if TYPE_CHECKING:
    from uuid import UUID


def announce_run(run_id: UUID) -> None:
    """Publish the run's state to `run:<id>` and its suite's `leaderboard:<slug>`.

    Frames carry the whole state, as it was committed. Leaderboards hear of public
    runs only.
    """
    transaction.on_commit(partial(_announce, run_id))


def _announce(run_id: UUID) -> None:
    run = (
        Run.objects.select_related("suite_version__suite")
        .defer("manifest")
        .filter(pk=run_id)
        .first()
    )
    if run is None:
        return
    frame = describe_run(run)
    publish(f"run:{run.id}", frame)
    suite = run.suite_version.suite
    if run.workspace_id is None and suite.is_public:
        publish(
            f"leaderboard:{suite.slug}",
            {**frame, "suite": suite.slug, "revision": run.suite_version.revision},
        )
