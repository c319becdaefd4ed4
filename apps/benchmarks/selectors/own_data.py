"""The runs and suites of a workspace, for an export."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from apps.accounts.domain.exports import ExportFile
from apps.benchmarks.models import Result, Run, Suite

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from uuid import UUID

    from django.db.models import QuerySet

    from apps.accounts.registry import Subject

CHUNK = 500
_RUN = (
    "id",
    "workspace_id",
    "suite_version__suite__slug",
    "suite_version__number",
    "status",
    "status_reason",
    "trigger",
    "samples",
    "passed",
    "failed",
    "unscored",
    "cost",
    "created_at",
    "started_at",
    "finished_at",
)
_RESULT = (
    "id",
    "run_id",
    "model__name",
    "task__key",
    "epoch",
    "attempt",
    "is_final",
    "verdict",
    "reason",
    "score",
    "outcome",
    "answer",
    "input_tokens",
    "output_tokens",
    "cost",
    "total_ms",
    "created_at",
)


def export_runs(subject: Subject) -> Mapping[str, ExportFile]:
    """Return the runs that somebody started, or all that a workspace has here."""
    if subject.workspace_id is not None:
        return _of_workspace(subject.workspace_id)
    started = Run.objects.filter(created_by_id=subject.user_id)
    return {
        "runs.jsonl": ExportFile(
            "The runs that you started.", _read(started, _RUN), ("benchmarks.Run",)
        )
    }


def _of_workspace(workspace_id: UUID) -> dict[str, ExportFile]:
    suites = Suite.objects.filter(workspace_id=workspace_id)
    runs = Run.objects.filter(workspace_id=workspace_id)
    fields = ("id", "slug", "title", "description", "is_public", "created_at")
    return {
        "suites.json": ExportFile(
            "Its own suites.", _read(suites, fields), ("benchmarks.Suite",)
        ),
        "runs.jsonl": ExportFile("Its runs.", _read(runs, _RUN), ("benchmarks.Run",)),
        "results.jsonl": ExportFile(
            "What each attempt of these runs gave, with the answer.",
            _results(runs),
            ("benchmarks.Result",),
        ),
    }


def _results(runs: QuerySet[Run]) -> Iterator[dict[str, Any]]:
    """Go run by run: each one's results lie in one partition."""
    for run_id, month in runs.values_list("id", "run_month").order_by("created_at"):
        yield from _read(Result.objects.filter(run_id=run_id, run_month=month), _RESULT)


def _read(rows: QuerySet[Any], fields: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    yield from rows.order_by("id").values(*fields).iterator(chunk_size=CHUNK)
