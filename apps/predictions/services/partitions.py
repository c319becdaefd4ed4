"""The months that snapshots are kept in: made before they begin, dropped when old."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection, transaction

from apps.core.partitions import (
    drop_months_before,
    ensure_months,
    months_back,
    months_before,
    months_from,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from django.db.backends.utils import CursorWrapper

SNAPSHOTS = "predictions_snapshot"
MONTHS_AHEAD = 2


@transaction.atomic
def ensure_partitions(*, today: date) -> None:
    """Make this month's partition of the snapshots and those of the months ahead."""
    ensure_months(SNAPSHOTS, months_from(today, MONTHS_AHEAD))


# Rows of summaries are locked in the order in which all others lock them.
_TELL = """
WITH locked AS MATERIALIZED (
    SELECT own.prediction_id, dropping.hours FROM predictions_summary AS own
    JOIN dropping ON dropping.prediction_id = own.prediction_id
    ORDER BY own.prediction_id FOR UPDATE OF own
)
UPDATE predictions_summary AS own SET
    dropped_snapshots = own.dropped_snapshots + locked.hours,
    dropped_before = GREATEST(
        own.dropped_before, %(before)s::date::timestamp AT TIME ZONE 'UTC')
FROM locked WHERE own.prediction_id = locked.prediction_id
"""


@transaction.atomic
def drop_old_snapshots(*, today: date, months: int) -> tuple[str, ...]:
    """Drop the months of snapshots that lie more than so many before this one.

    Each summary goes on counting its hours, and says how many of them are kept no
    longer. Returns the names of the partitions that were dropped; 0 months keeps all.
    """
    if not months:
        return ()
    before = months_back(today, months)
    names = months_before(SNAPSHOTS, before)
    if not names:
        return ()
    with connection.cursor() as cursor:
        _count(cursor, names)
        # Before any summary is locked: whoever stores an hour goes the same way.
        drop_months_before(SNAPSHOTS, before)
        cursor.execute(_TELL, {"before": before})
        cursor.execute("DROP TABLE dropping")
    return names


def _count(cursor: CursorWrapper, names: Sequence[str]) -> None:
    """Count the hours of each prediction, while nobody adds any; all may read."""
    cursor.execute("SET LOCAL lock_timeout = '5s'")
    for name in names:
        cursor.execute(f"LOCK TABLE {name} IN SHARE MODE")
    looks = (f"SELECT prediction_id FROM {name}" for name in names)  # noqa: S608
    rows = " UNION ALL ".join(looks)
    cursor.execute(
        "CREATE TEMPORARY TABLE dropping ON COMMIT DROP AS SELECT prediction_id, "  # noqa: S608
        f"count(*)::int AS hours FROM ({rows}) AS old GROUP BY prediction_id"
    )
