"""Askings as lines of a table: one for each asking, or for each of its models."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from apps.predictions.domain.words import AttemptOutcome, ItemStatus

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from decimal import Decimal
    from uuid import UUID

    from apps.predictions.selectors.ask_runs import AskResult, AskRunRow


@dataclass(frozen=True, slots=True)
class RunLine:
    """An asking; `markets` to `failed` count predictions, of all its models."""

    run_id: UUID
    workspace_id: UUID | None
    experiment: str
    status: str
    reason: str
    models: str
    markets: int
    pending: int
    recorded: int
    unanswered: int
    refused: int
    failed: int
    attempts: int
    cost: Decimal | None
    max_cost: Decimal | None
    prompt_version: str
    outcome: int
    samples: int
    price: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class ResultLine:
    """One model's part; `attempts` with what they gave are questions."""

    run_id: UUID
    status: str
    model: str
    experiment_id: UUID
    experiment: str
    markets: int
    pending: int
    recorded: int
    unanswered: int
    refused: int
    failed: int
    attempts: int
    attempts_ok: int
    attempts_refused: int
    attempts_unreadable: int
    attempts_out_of_range: int
    attempts_failed: int
    cost: Decimal | None
    reason: str


RUN_COLUMNS = tuple(one.name for one in fields(RunLine))
RESULT_COLUMNS = tuple(one.name for one in fields(ResultLine))


def to_run_line(row: AskRunRow) -> RunLine:
    """Return an asking as a line."""
    return RunLine(
        run_id=row.id,
        workspace_id=row.workspace_id,
        experiment=row.name,
        status=row.status.value,
        reason=row.reason,
        models=" ".join(one.model for one in row.results),
        markets=row.markets,
        attempts=row.asked,
        cost=row.cost,
        max_cost=row.max_cost,
        prompt_version=row.prompt_version,
        outcome=row.outcome,
        samples=row.samples,
        price="shown" if row.shows_price else "hidden",
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        **_counts(row.items),
    )


def to_result_line(row: AskRunRow, one: AskResult) -> ResultLine:
    """Return one model's part of an asking as a line."""
    gave = {
        f"attempts_{outcome.value}": one.attempts[outcome] for outcome in AttemptOutcome
    }
    return ResultLine(
        run_id=row.id,
        status=row.status.value,
        model=one.model,
        experiment_id=one.experiment_id,
        experiment=one.experiment,
        markets=one.markets,
        attempts=one.asked,
        cost=one.cost,
        reason=one.reason,
        **gave,
        **_counts(one.items),
    )


def _counts(items: Mapping[ItemStatus, int]) -> dict[str, int]:
    return {status.value: items[status] for status in ItemStatus}
