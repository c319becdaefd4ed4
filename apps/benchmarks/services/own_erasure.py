"""Erasing the runs and suites of a workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from apps.benchmarks.models import Result, Run, Shard, Suite

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from apps.accounts.registry import Subject


def erase_runs(subject: Subject, now: datetime) -> int:
    """Remove a workspace's runs, results and suites; of a person, that they started.

    Rollups count public runs alone, so leaderboards stay what they were.
    """
    del now
    if subject.workspace_id is not None:
        return _erase_all(subject.workspace_id)
    started = Run.objects.filter(created_by_id=subject.user_id)
    return started.update(created_by=None)


def _erase_all(workspace_id: UUID) -> int:
    # A suite goes with every run on it, or the runs would keep it.
    theirs = Q(workspace_id=workspace_id) | Q(
        suite_version__suite__workspace_id=workspace_id
    )
    runs = Run.objects.filter(theirs)
    removed = 0
    for run_id, month in list(runs.values_list("id", "run_month")):
        results = Result.objects.filter(run_id=run_id, run_month=month)
        removed += results.delete()[0]
    removed += Shard.objects.filter(run__in=runs).delete()[0]
    removed += runs.delete()[0]
    return removed + Suite.objects.filter(workspace_id=workspace_id).delete()[0]
