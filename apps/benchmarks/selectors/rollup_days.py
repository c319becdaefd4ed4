"""Rollups as they stand, a model and a day at a time.

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

from apps.benchmarks.models import ModelDay

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime
    from decimal import Decimal
    from uuid import UUID

    from apps.core.domain.moments import FloatArray, IntArray

MOST_NUMBERS_KEPT = 4_000_000  # 32 MB


class DayTotals(NamedTuple):
    """What one model's samples of a UTC day came to, as `ModelDay` has it."""

    model_id: UUID
    day: date
    revision: int
    scored: int
    unscored: int
    cost: Decimal
    costed: int
    tokened: int
    input_tokens: int
    output_tokens: int
    last_run_id: UUID | None
    last_result_at: datetime


@dataclass(frozen=True, slots=True, eq=False)
class DayDetail:
    """The same day by task: sums and counts of scores by column, and latencies."""

    sums: FloatArray
    counts: FloatArray
    latency: Mapping[str, int]


_Key = tuple["UUID", "UUID", "date", int]


class _Memo:
    """The latest used details, up to a number of numbers; threads may share it."""

    def __init__(self) -> None:
        self._kept: OrderedDict[_Key, DayDetail] = OrderedDict()
        self._numbers = 0
        self._lock = threading.Lock()

    def get(self, key: _Key) -> DayDetail | None:
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def put(self, key: _Key, detail: DayDetail) -> None:
        with self._lock:
            if key not in self._kept:
                self._numbers += 2 * detail.sums.size
            self._kept[key] = detail
            while self._numbers > MOST_NUMBERS_KEPT:
                _, gone = self._kept.popitem(last=False)
                self._numbers -= 2 * gone.sums.size


_memo = _Memo()


def read_days(
    suite_version_id: UUID, since: date, column_of: IntArray
) -> list[tuple[DayTotals, DayDetail]]:
    """Return every model's days of a suite version since a UTC day.

    `column_of` gives the column of a task by its position.
    """
    totals = [
        DayTotals(*row)
        for row in ModelDay.objects.filter(
            suite_version_id=suite_version_id, day__gte=since
        ).values_list(*DayTotals._fields)
    ]
    kept = [
        _memo.get((suite_version_id, row.model_id, row.day, row.revision))
        for row in totals
    ]
    missing = [row for row, detail in zip(totals, kept, strict=True) if detail is None]
    fresh = _read_details(suite_version_id, missing, column_of) if missing else {}
    found = (
        (row, detail or fresh.get((row.model_id, row.day)))
        for row, detail in zip(totals, kept, strict=True)
    )
    # A day that was rebuilt away between the two reads is left out.
    return [(row, detail) for row, detail in found if detail is not None]


# One row a model and day, so that nothing is made of the numbers but arrays.
_DETAILS = """
WITH wanted AS (
    SELECT * FROM unnest(%(models)s::uuid[], %(days)s::date[]) AS pair (model_id, day)
), tasks AS (
    SELECT model_id, day, array_agg(position) AS positions,
        array_agg(score_sum) AS sums, array_agg(scored) AS counts
    FROM benchmarks_taskday JOIN wanted USING (model_id, day)
    JOIN benchmarks_task AS task ON task.id = task_id
    WHERE benchmarks_taskday.suite_version_id = %(version)s
    GROUP BY model_id, day
)
SELECT model_id, day, latency, positions, sums, counts
FROM benchmarks_modelday JOIN wanted USING (model_id, day)
LEFT JOIN tasks USING (model_id, day)
WHERE suite_version_id = %(version)s
"""


def _read_details(
    suite_version_id: UUID, rows: Sequence[DayTotals], column_of: IntArray
) -> dict[tuple[UUID, date], DayDetail]:
    by_day = {(row.model_id, row.day): row for row in rows}
    with connection.cursor() as cursor:
        cursor.execute(
            _DETAILS,
            {
                "version": suite_version_id,
                "models": [row.model_id for row in rows],
                "days": [row.day for row in rows],
            },
        )
        found = cursor.fetchall()
    details = {}
    for model_id, day, latency, positions, sums, counts in found:
        row = by_day[model_id, day]
        size = len(column_of)
        # Django has its cursors leave JSON as text.
        detail = DayDetail(np.zeros(size), np.zeros(size), json.loads(latency))
        if positions:
            detail.sums[column_of[positions]] = sums
            detail.counts[column_of[positions]] = counts
        # The revision was read before: what is kept under it is never older than it.
        _memo.put((suite_version_id, model_id, day, row.revision), detail)
        details[model_id, day] = detail
    return details
