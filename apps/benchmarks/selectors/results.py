"""Results: every sample with its prompt, answer and verdict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from apps.benchmarks.models import Result
from apps.benchmarks.selectors.runs import get_visible_runs
from apps.core.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from decimal import Decimal
    from uuid import UUID

    from django.db.models import QuerySet

    from apps.accounts.selectors.workspaces import Viewer

MAX_PAGE = 500


@dataclass(frozen=True, slots=True)
class ResultRow:
    """One stored attempt. Durations are ms, cost is US dollars; None is unknown.

    `prompt` and `answer` are as stored: `domain.text.unescape_text` gives back NUL
    and lone surrogates, which no page and no JSON document can carry.
    """

    id: UUID
    run_id: UUID
    model_id: UUID
    model: str
    model_display_name: str
    task_id: UUID
    task: str
    family: str
    category: str
    kind: str
    difficulty: str
    epoch: int
    attempt: int
    is_final: bool
    prompt: str
    prompt_hash: str
    answer: str
    outcome: str
    verdict: str
    reason: str
    score: float | None
    breakdown: dict[str, Any]
    input_tokens: int | None
    output_tokens: int | None
    cost: Decimal | None
    first_token_ms: float | None
    total_ms: float | None
    working_ms: float | None
    waited_ms: float | None
    grading_ms: float | None
    retries: int
    sandbox_tier: str
    provider_model: str
    package_versions: dict[str, str]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ResultPage:
    """Some results in the order in which they were stored."""

    rows: tuple[ResultRow, ...]
    next_cursor: UUID | None


@dataclass(frozen=True, slots=True)
class ResultDetail:
    """One result with every attempt at its sample, first to last."""

    result: ResultRow
    attempts: tuple[ResultRow, ...]


def list_results(
    viewer: Viewer,
    run_id: UUID,
    *,
    cursor: UUID | None = None,
    limit: int = 50,
    verdict: str | None = None,
    model: UUID | None = None,
    newest_first: bool = False,
) -> ResultPage:
    """Return a page of a run's final results; `cursor` is a page's `next_cursor`.

    They come in the order in which they were stored, or the other way round.

    Raises:
        NotFoundError: no such run is visible.
    """
    results = _final_results(viewer, run_id)
    if verdict is not None:
        results = results.filter(verdict=verdict)
    if model is not None:
        results = results.filter(model_id=model)
    if cursor is not None:
        after = {"id__lt": cursor} if newest_first else {"id__gt": cursor}
        results = results.filter(**after)
    limit = max(1, min(limit, MAX_PAGE))
    order = "-id" if newest_first else "id"
    rows = to_result_rows(results.order_by(order)[: limit + 1])
    return ResultPage(rows[:limit], rows[limit - 1].id if len(rows) > limit else None)


def get_result(viewer: Viewer, run_id: UUID, result_id: UUID) -> ResultDetail:
    """Return one result of a run, with all attempts at the same sample.

    Raises:
        NotFoundError: no such run or result is visible.
    """
    results = _results(viewer, run_id)
    found = results.filter(id=result_id).first()
    if found is None:
        raise NotFoundError(f"There is no result {result_id} in run {run_id}.")
    attempts = results.filter(
        model_id=found.model_id, task_id=found.task_id, epoch=found.epoch
    ).order_by("attempt")
    rows = to_result_rows(attempts)
    return ResultDetail(next(row for row in rows if row.id == result_id), rows)


def _results(viewer: Viewer, run_id: UUID) -> QuerySet[Result]:
    run = get_visible_runs(viewer).filter(pk=run_id).only("run_month").first()
    if run is None:
        raise NotFoundError(f"There is no run {run_id}.")
    # The month names the one partition to look in.
    return Result.objects.filter(run_month=run.run_month, run_id=run_id)


def _final_results(viewer: Viewer, run_id: UUID) -> QuerySet[Result]:
    return _results(viewer, run_id).filter(is_final=True)


def to_result_rows(results: QuerySet[Result]) -> tuple[ResultRow, ...]:
    """Fetch results with the names that they refer to."""
    joined: Iterable[Result] = results.select_related(
        "model__provider", "task__family"
    ).defer("task__spec")
    return tuple(_to_row(result) for result in joined)


def _to_row(result: Result) -> ResultRow:
    task, model = result.task, result.model
    return ResultRow(
        id=result.id,
        run_id=result.run_id,
        model_id=result.model_id,
        model=f"{model.provider.name}/{model.name}",
        model_display_name=model.display_name,
        task_id=result.task_id,
        task=task.key,
        family=task.family.title,
        category=task.category,
        kind=task.kind,
        difficulty=task.difficulty,
        epoch=result.epoch,
        attempt=result.attempt,
        is_final=result.is_final,
        prompt=task.prompt,
        prompt_hash=result.prompt_hash,
        answer=result.answer,
        outcome=result.outcome,
        verdict=result.verdict,
        reason=result.reason,
        score=result.score,
        breakdown=result.breakdown,
        input_tokens=result.input_tokens,
        output_tokens=result.output_tokens,
        cost=result.cost,
        first_token_ms=result.first_token_ms,
        total_ms=result.total_ms,
        working_ms=result.working_ms,
        waited_ms=result.waited_ms,
        grading_ms=result.grading_ms,
        retries=result.retries,
        sandbox_tier=result.sandbox_tier,
        provider_model=result.provider_model,
        package_versions=result.package_versions,
        created_at=result.created_at,
    )
