"""Rollups: sums of results by day, kept in the transaction that stores the results.

Every writer first raises the suite version's revision. The lock on that row makes
writers of one suite version take turns, so that no two can deadlock further down.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import connection, transaction
from django.db.models import F

from apps.benchmarks.domain.latency import (
    LOG_GAMMA,
    SHORTEST_MS,
    bucket_latencies,
    merge_latencies,
)
from apps.benchmarks.domain.outcomes import ANSWERED
from apps.benchmarks.models import ModelDay, SuiteVersion, TaskDay

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime
    from decimal import Decimal
    from uuid import UUID


@dataclass(frozen=True, slots=True)
class Board:
    """Whose rollups are written: one model's on one suite version."""

    suite_version_id: UUID
    model_id: UUID


@dataclass(frozen=True, slots=True)
class Entry:
    """What the rollups keep of one new, final result; `score` is None if unscored."""

    task_id: UUID
    day: date
    created_at: datetime
    score: float | None
    cost: Decimal | None
    input_tokens: int | None
    output_tokens: int | None
    latency_ms: float | None


def add_to_rollups(board: Board, entries: Sequence[Entry], *, run_id: UUID) -> None:
    """Count these results; the caller's transaction is the one that stores them."""
    revision = _raise_revision(board.suite_version_id)
    _add_task_days(board, entries)
    by_day: dict[date, list[Entry]] = defaultdict(list)
    for entry in entries:
        by_day[entry.day].append(entry)
    for day, found in by_day.items():
        _add_model_day(board, day, found, revision=revision, run_id=run_id)


def withdraw_unscored(board: Board, superseded: Iterable[tuple[UUID, date]]) -> None:
    """Take back unscored results, by task and day, that a new attempt replaces.

    Their cost stays counted: it was spent.
    """
    revision = _raise_revision(board.suite_version_id)
    for task_id, day in superseded:
        task_days = TaskDay.objects.filter(
            suite_version_id=board.suite_version_id,
            model_id=board.model_id,
            day=day,
        )
        task_days.filter(task_id=task_id).update(unscored=F("unscored") - 1)
        ModelDay.objects.filter(
            suite_version_id=board.suite_version_id,
            model_id=board.model_id,
            day=day,
        ).update(unscored=F("unscored") - 1, revision=revision)


def _raise_revision(suite_version_id: UUID) -> int:
    """Lock the suite version's boards for this transaction; return the new revision."""
    version = SuiteVersion.objects.filter(pk=suite_version_id)
    version.update(revision=F("revision") + 1)
    return version.values_list("revision", flat=True).get()


_ADD_TASK_DAYS = """
INSERT INTO benchmarks_taskday AS kept
    (suite_version_id, model_id, task_id, day, scored, score_sum, unscored)
SELECT %s, %s, * FROM unnest(%s::uuid[], %s::date[], %s::int[], %s::float8[], %s::int[])
ON CONFLICT (suite_version_id, day, model_id, task_id) DO UPDATE SET
    scored = kept.scored + excluded.scored,
    score_sum = kept.score_sum + excluded.score_sum,
    unscored = kept.unscored + excluded.unscored
"""


def _add_task_days(board: Board, entries: Iterable[Entry]) -> None:
    scores: dict[tuple[UUID, date], list[float | None]] = defaultdict(list)
    for entry in entries:
        scores[entry.task_id, entry.day].append(entry.score)
    known = [[one for one in found if one is not None] for found in scores.values()]
    with connection.cursor() as cursor:
        cursor.execute(
            _ADD_TASK_DAYS,
            [
                board.suite_version_id,
                board.model_id,
                [task_id for task_id, _ in scores],
                [day for _, day in scores],
                [len(found) for found in known],
                [float(sum(found)) for found in known],
                [found.count(None) for found in scores.values()],
            ],
        )


def _add_model_day(
    board: Board, day: date, entries: Sequence[Entry], *, revision: int, run_id: UUID
) -> None:
    newest = max(entry.created_at for entry in entries)
    # The suite version's lock is held: nobody else writes between these two.
    kept, _ = ModelDay.objects.get_or_create(
        suite_version_id=board.suite_version_id,
        model_id=board.model_id,
        day=day,
        defaults={"last_result_at": newest, "revision": revision},
    )
    kept.revision = revision
    scores = [entry.score for entry in entries if entry.score is not None]
    costs = [entry.cost for entry in entries if entry.cost is not None]
    tokens = [
        (entry.input_tokens or 0, entry.output_tokens or 0)
        for entry in entries
        if entry.input_tokens is not None or entry.output_tokens is not None
    ]
    latencies = [e.latency_ms for e in entries if e.latency_ms is not None]
    kept.scored += len(scores)
    kept.score_sum += sum(scores)
    kept.unscored += len(entries) - len(scores)
    kept.cost = sum(costs, start=kept.cost)
    kept.costed += len(costs)
    kept.tokened += len(tokens)
    kept.input_tokens += sum(read for read, _ in tokens)
    kept.output_tokens += sum(written for _, written in tokens)
    kept.latency = merge_latencies([kept.latency, bucket_latencies(latencies)])
    # Of two runs at the same instant the later made one counts as last.
    if (newest, run_id.hex) >= (kept.last_result_at, _hex(kept.last_run_id)):
        kept.last_result_at = newest
        kept.last_run_id = run_id
    kept.save()


def _hex(run_id: UUID | None) -> str:
    return run_id.hex if run_id else ""


_REBUILD_TASK_DAYS = """
INSERT INTO benchmarks_taskday
    (suite_version_id, model_id, task_id, day, scored, score_sum, unscored)
SELECT run.suite_version_id, result.model_id, task_id,
    (result.created_at AT TIME ZONE 'UTC')::date,
    count(score), coalesce(sum(score), 0), count(*) - count(score)
FROM benchmarks_result result JOIN benchmarks_run run ON run.id = run_id
WHERE run.suite_version_id = %(version)s AND workspace_id IS NULL AND is_final
GROUP BY 1, 2, 3, 4
"""
_REBUILD_MODEL_DAYS = """
WITH counted AS (
    SELECT result.*, (result.created_at AT TIME ZONE 'UTC')::date AS day,
        CASE WHEN outcome = ANY(%(answered)s) THEN
            ceil(ln(greatest(working_ms, %(shortest)s)) / %(log_gamma)s)::int
        END AS bucket
    FROM benchmarks_result result JOIN benchmarks_run run ON run.id = run_id
    WHERE run.suite_version_id = %(version)s AND workspace_id IS NULL
), latencies AS (
    SELECT model_id, day, jsonb_object_agg(bucket, n) AS latency FROM (
        SELECT model_id, day, bucket, count(*) AS n FROM counted
        WHERE bucket IS NOT NULL GROUP BY 1, 2, 3
    ) AS buckets GROUP BY 1, 2
), sums AS (
    SELECT model_id, day,
        count(score) FILTER (WHERE is_final) AS scored,
        coalesce(sum(score) FILTER (WHERE is_final), 0) AS score_sum,
        count(*) FILTER (WHERE is_final AND score IS NULL) AS unscored,
        coalesce(sum(cost), 0) AS cost, count(cost) AS costed,
        count(*) FILTER (WHERE coalesce(input_tokens, output_tokens) IS NOT NULL)
            AS tokened,
        coalesce(sum(input_tokens), 0) AS input_tokens,
        coalesce(sum(output_tokens), 0) AS output_tokens,
        (array_agg(run_id ORDER BY created_at DESC, run_id DESC))[1] AS last_run_id,
        max(created_at) AS last_result_at
    FROM counted GROUP BY 1, 2
)
INSERT INTO benchmarks_modelday (suite_version_id, revision, model_id, day, scored,
    score_sum, unscored, cost, costed, tokened, input_tokens, output_tokens,
    last_run_id, last_result_at, latency)
SELECT %(version)s, %(revision)s, sums.*, coalesce(latency, '{}')
FROM sums LEFT JOIN latencies USING (model_id, day)
"""


@transaction.atomic
def rebuild_rollups(*, suite_version_id: UUID) -> None:
    """Compute the rollups of a suite version afresh from its stored results.

    For results that were written past the engine. Days whose partition was dropped
    are lost to the rollups as well.
    """
    revision = _raise_revision(suite_version_id)
    TaskDay.objects.filter(suite_version_id=suite_version_id).delete()
    ModelDay.objects.filter(suite_version_id=suite_version_id).delete()
    settings: dict[str, UUID | list[str] | float] = {
        "version": suite_version_id,
        "revision": revision,
        "answered": sorted(ANSWERED),
        "shortest": SHORTEST_MS,
        "log_gamma": LOG_GAMMA,
    }
    with connection.cursor() as cursor:
        cursor.execute(_REBUILD_TASK_DAYS, settings)
        cursor.execute(_REBUILD_MODEL_DAYS, settings)
