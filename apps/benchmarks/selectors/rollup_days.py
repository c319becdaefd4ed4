"""Rollups as they stand, model by model.

A row of `ModelDay` bears the suite version's revision of the transaction that last
changed it or the `TaskDay` rows beside it. What was read under a revision is therefore
good for as long as the row bears it: while results arrive, only the day that they fall
on is read anew.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from django.db import connection

from apps.benchmarks.domain.latency import Histogram, read_histogram

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date, datetime
    from decimal import Decimal
    from uuid import UUID

    from apps.core.domain.moments import FloatArray, IntArray

MOST_NUMBERS_KEPT = 4_000_000  # 32 MB


class ModelTotals(NamedTuple):
    """What one model's samples came to over its days, as `ModelDay` has it."""

    model_id: UUID
    scored: int
    unscored: int
    cost: Decimal
    costed: int
    tokened: int
    input_tokens: int
    output_tokens: int
    last_run_id: UUID | None
    last_result_at: datetime
    days: list[date]
    revisions: list[int]


@dataclass(frozen=True, slots=True, eq=False)
class DayDetail:
    """One model's day by task, and its latencies.

    It was read under `revision`. `scores` has two rows: sums and counts by column.
    """

    revision: int
    scores: FloatArray
    latency: Histogram


_Days = dict["date", DayDetail]


class _Memo:
    """The latest used models' days, up to a number of numbers; threads may share it."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[UUID, UUID], _Days] = OrderedDict()
        self._numbers = 0
        self._lock = threading.Lock()

    def get(self, key: tuple[UUID, UUID]) -> _Days:
        with self._lock:
            if key not in self._kept:
                return {}
            self._kept.move_to_end(key)
            return self._kept[key].copy()

    def put(self, key: tuple[UUID, UUID], day: date, detail: DayDetail) -> None:
        with self._lock:
            days = self._kept.setdefault(key, {})
            if day not in days:
                self._numbers += detail.scores.size
            days[day] = detail
            while self._numbers > MOST_NUMBERS_KEPT:
                _, gone = self._kept.popitem(last=False)
                self._numbers -= sum(old.scores.size for old in gone.values())


_memo = _Memo()

_TOTALS = """
SELECT model_id, sum(scored), sum(unscored), sum(cost), sum(costed), sum(tokened),
    sum(input_tokens)::bigint, sum(output_tokens)::bigint,
    (array_agg(last_run_id ORDER BY last_result_at DESC))[1], max(last_result_at),
    array_agg(day ORDER BY day), array_agg(revision ORDER BY day)
FROM benchmarks_modelday
WHERE suite_version_id = %(version)s AND day >= %(since)s
GROUP BY model_id
"""


def read_models(
    suite_version_id: UUID, since: date, column_of: IntArray
) -> list[tuple[ModelTotals, list[DayDetail]]]:
    """Return every model's totals and days on a suite version since a UTC day.

    `column_of` gives the column of a task by its position.
    """
    with connection.cursor() as cursor:
        cursor.execute(_TOTALS, {"version": suite_version_id, "since": since})
        models = [ModelTotals(*row) for row in cursor.fetchall()]
    days: dict[UUID, _Days] = {}
    missing: dict[tuple[UUID, date], int] = {}
    for model in models:
        kept = _memo.get((suite_version_id, model.model_id))
        known = days[model.model_id] = {}
        for day, revision in zip(model.days, model.revisions, strict=True):
            if day in kept and kept[day].revision == revision:
                known[day] = kept[day]
            else:
                missing[model.model_id, day] = revision
    if missing:
        for model_id, day, detail in _read_details(
            suite_version_id, missing, column_of
        ):
            _memo.put((suite_version_id, model_id), day, detail)
            days[model_id][day] = detail
    # A day that was rebuilt away between the two reads is left out.
    return [
        (model, [known[day] for day in model.days if day in known])
        for model, known in zip(models, days.values(), strict=True)
    ]


# One row a model and day, its numbers as the wire has them: big-endian, one after the
# other. Nothing is made of them but arrays, and text would have to be parsed.
_DETAILS = """
SELECT wanted.model_id, wanted.day, latency, positions, sums, counts
FROM unnest(%(models)s::uuid[], %(days)s::date[]) AS wanted (model_id, day)
JOIN benchmarks_modelday AS model_day ON model_day.suite_version_id = %(version)s
    AND model_day.model_id = wanted.model_id AND model_day.day = wanted.day
CROSS JOIN LATERAL (
    SELECT string_agg(int4send(position), '') AS positions,
        string_agg(float8send(score_sum), '') AS sums,
        string_agg(int4send(scored), '') AS counts
    FROM benchmarks_taskday AS task_day JOIN benchmarks_task AS task
        ON task.id = task_id
    WHERE task_day.suite_version_id = %(version)s
        AND task_day.model_id = wanted.model_id AND task_day.day = wanted.day
) AS by_task
"""


def _read_details(
    suite_version_id: UUID,
    missing: Mapping[tuple[UUID, date], int],
    column_of: IntArray,
) -> Iterator[tuple[UUID, date, DayDetail]]:
    """Read days whose revisions are known by model and day.

    The revisions were read before: what is kept under one is never older than it.
    """
    wanted: dict[str, UUID | list[UUID] | list[date]] = {
        "version": suite_version_id,
        "models": [model_id for model_id, _ in missing],
        "days": [day for _, day in missing],
    }
    with connection.cursor() as cursor:
        cursor.execute(_DETAILS, wanted)
        found = cursor.fetchall()
    for model_id, day, latency, positions, sums, counts in found:
        scores = np.zeros((2, len(column_of)))
        columns = column_of[np.frombuffer(positions or b"", ">i4")]
        scores[0, columns] = np.frombuffer(sums or b"", ">f8")
        scores[1, columns] = np.frombuffer(counts or b"", ">i4")
        # Django has its cursors leave JSON as text.
        histogram = read_histogram(json.loads(latency))
        yield model_id, day, DayDetail(missing[model_id, day], scores, histogram)
