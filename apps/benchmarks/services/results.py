"""Storing results: all that follows from them in the same transaction, or nothing."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

from django.db import connection, transaction
from django.db.models import F, Q

from apps.benchmarks.domain.outcomes import was_answered
from apps.benchmarks.domain.specs import Verdict
from apps.benchmarks.models import Result, Run
from apps.benchmarks.services.leases import RunState, hold_lease, lock_run
from apps.benchmarks.services.progress import announce_run
from apps.benchmarks.services.rollups import (
    Board,
    Entry,
    add_to_rollups,
    withdraw_unscored,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime, timedelta
    from decimal import Decimal
    from uuid import UUID

    from apps.benchmarks.domain.samples import SampleResult
    from apps.benchmarks.services.leases import Lease


@transaction.atomic
def store_results(
    *,
    lease: Lease,
    results: Sequence[SampleResult],
    package_versions: Mapping[str, str],
    reserved: Decimal,
    limit_changes: Sequence[Mapping[str, object]],
    now: datetime,
    duration: timedelta,
) -> RunState:
    """Store results with totals and rollups, prolong the lease, return the run's state.

    What is stored already is left as it is and not counted again. An unscored result
    that a new attempt replaces ceases to be final. `reserved` is the expected cost of
    what is still under way; `limit_changes` is the whole list so far.

    Raises:
        LeaseLostError: somebody else has the shard; nothing was stored.
    """
    run = lock_run(Run.objects.filter(pk=lease.run_id))
    if run is None:
        raise Run.DoesNotExist(str(lease.run_id))
    hold_lease(
        lease,
        lease_expires_at=now + duration,
        reserved=reserved,
        limit_changes=list(limit_changes),
        takes=0,
    )
    superseded = _supersede(lease, results)
    stored = _insert(lease, results, package_versions)
    _count(lease, run, stored, withdrawn=len(superseded))
    if lease.is_public and stored:
        board = Board(lease.suite_version_id, lease.model_id)
        withdraw_unscored(board, superseded)
        add_to_rollups(board, [_to_entry(one) for one in stored], run_id=run.id)
    announce_run(run.id)
    run.refresh_from_db(fields=["status", "cost", "max_cost"])
    return RunState(run.status, run.cost, run.max_cost)


def _supersede(
    lease: Lease, results: Sequence[SampleResult]
) -> list[tuple[UUID, date]]:
    """Make the unscored attempts before these ones final no longer."""
    repeats = [result for result in results if result.attempt > 1]
    if not repeats:
        return []
    keys = Q()
    for result in repeats:
        keys |= Q(
            task_id=result.key.task_id,
            epoch=result.key.epoch,
            attempt=result.attempt - 1,
        )
    earlier = Result.objects.filter(
        keys,
        run_month=lease.run_month,
        run_id=lease.run_id,
        model_id=lease.model_id,
        is_final=True,
        verdict=Verdict.UNSCORED,
    )
    found = [
        (task_id, created_at.date())
        for task_id, created_at in earlier.values_list("task_id", "created_at")
    ]
    earlier.update(is_final=False)
    return found


# By the names in `_to_row`.
_COLUMNS = {
    "id": "uuid",
    "run_month": "date",
    "run_id": "uuid",
    "model_id": "uuid",
    "task_id": "uuid",
    "epoch": "int",
    "attempt": "int",
    "is_final": "bool",
    "prompt_hash": "text",
    "answer": "text",
    "outcome": "text",
    "verdict": "text",
    "reason": "text",
    "score": "float8",
    "breakdown": "jsonb",
    "input_tokens": "int",
    "output_tokens": "int",
    "cost": "numeric",
    "first_token_ms": "float8",
    "total_ms": "float8",
    "working_ms": "float8",
    "waited_ms": "float8",
    "grading_ms": "float8",
    "retries": "int",
    "sandbox_tier": "text",
    "provider_model": "text",
    "created_at": "timestamptz",
}
_KINDS = ", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items())
# One statement that says which rows are new; `bulk_create` cannot. The rows travel as
# one JSON text: the driver takes twice as long to write as many arrays.
_INSERT = f"""
INSERT INTO benchmarks_result ({", ".join(_COLUMNS)}, package_versions)
SELECT given.*, %s::jsonb FROM json_to_recordset(%s) AS given({_KINDS})
ON CONFLICT DO NOTHING RETURNING id
"""  # noqa: S608 - names of this module


def _insert(
    lease: Lease, results: Sequence[SampleResult], package_versions: Mapping[str, str]
) -> list[SampleResult]:
    """Insert what is not there yet and return exactly that."""
    if not results:
        return []
    rows = [_to_row(lease, result) for result in results]
    # Identifiers, decimals and times are written as text, which loses nothing.
    given = json.dumps(rows, default=str, ensure_ascii=False, allow_nan=False)
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [json.dumps(package_versions), given])
        inserted = {row[0] for row in cursor.fetchall()}
    return [result for result in results if result.id in inserted]


def _to_row(lease: Lease, result: SampleResult) -> dict[str, object]:
    return {
        "id": result.id,
        "run_month": lease.run_month,
        "run_id": lease.run_id,
        "model_id": lease.model_id,
        "task_id": result.key.task_id,
        "epoch": result.key.epoch,
        "attempt": result.attempt,
        "is_final": True,
        "prompt_hash": result.prompt_hash,
        "answer": result.answer,
        "outcome": result.outcome,
        "verdict": result.verdict,
        "reason": result.reason,
        "score": result.score,
        "breakdown": dict(result.breakdown),
        "input_tokens": result.input_tokens,
        "output_tokens": result.output_tokens,
        "cost": result.cost,
        "first_token_ms": result.first_token_ms,
        "total_ms": result.total_ms,
        "working_ms": result.working_ms,
        "waited_ms": result.waited_ms,
        "grading_ms": result.grading_ms,
        "retries": result.retries,
        "sandbox_tier": result.sandbox_tier,
        "provider_model": result.provider_model,
        "created_at": result.created_at,
    }


def _count(
    lease: Lease, run: Run, stored: Sequence[SampleResult], *, withdrawn: int
) -> None:
    verdicts = Counter(result.verdict for result in stored)
    cost = sum(
        (result.cost for result in stored if result.cost is not None), start=run.cost
    )
    untold = sum(
        result.cost is None and was_answered(result.outcome) for result in stored
    )
    changes = {
        "passed": F("passed") + verdicts[Verdict.PASS],
        "failed": F("failed") + verdicts[Verdict.FAIL],
        "unscored": F("unscored") + verdicts[Verdict.UNSCORED] - withdrawn,
        "cost": F("cost") + (cost - run.cost),
        "untold": F("untold") + untold,
    }
    Run.objects.filter(pk=run.pk).update(**changes)
    run.shards.filter(pk=lease.shard_id).update(**changes)


def _to_entry(result: SampleResult) -> Entry:
    return Entry(
        task_id=result.key.task_id,
        day=result.created_at.date(),
        created_at=result.created_at,
        score=result.score,
        cost=result.cost,
        input_tokens=result.input_tokens,
        output_tokens=result.output_tokens,
        latency_ms=result.working_ms if was_answered(result.outcome) else None,
    )
