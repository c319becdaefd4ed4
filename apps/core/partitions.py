"""Native monthly partitions, made ahead and dropped when they are old."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from django.db import connection

if TYPE_CHECKING:
    from collections.abc import Iterable

_NAME = re.compile(r"^[a-z_][a-z0-9_]*$")


def month_of(day: date) -> date:
    """Return the first day of the month, as a plain date."""
    return date(day.year, day.month, 1)


def next_month(month: date) -> date:
    """Return the first day of the month after."""
    years, index = divmod(month.year * 12 + month.month, 12)
    return date(years, index + 1, 1)


def ensure_months(table: str, months: Iterable[date]) -> None:
    """Create the table's partitions for these months where they are missing.

    Safe to call from several processes at once.

    Raises:
        ValueError: `table` is no plain identifier.
    """
    _require_name(table)
    with connection.cursor() as cursor:
        for month in months:
            start = month_of(month)
            name = f"{table}_{start:%Y_%m}"
            cursor.execute("SELECT to_regclass(%s)", [name])
            if cursor.fetchone()[0] is not None:
                continue
            # One creator at a time: IF NOT EXISTS alone can still collide.
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [name])
            cursor.execute(
                f"CREATE TABLE IF NOT EXISTS {name} PARTITION OF {table} "
                f"FOR VALUES FROM ('{start}') TO ('{next_month(start)}')"
            )


def months_from(day: date, ahead: int) -> list[date]:
    """Return the month of a day and as many that follow it."""
    months = [month_of(day)]
    for _ in range(ahead):
        months.append(next_month(months[-1]))
    return months


def months_back(day: date, count: int) -> date:
    """Return the first day of the month that lies so many before a day's."""
    years, index = divmod(day.year * 12 + day.month - 1 - count, 12)
    return date(years, index + 1, 1)


def months_before(table: str, day: date) -> tuple[str, ...]:
    """Return the partitions whose whole month lies before a day, the oldest first.

    Raises:
        ValueError: `table` is no plain identifier.
    """
    _require_name(table)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits "
            "WHERE inhparent = %s::regclass ORDER BY 1",
            [table],
        )
        names = [row[0] for row in cursor.fetchall()]
    return tuple(
        name
        for name in names
        if (month := _month_of_partition(table, name)) and next_month(month) <= day
    )


def drop_months_before(table: str, day: date) -> tuple[str, ...]:
    """Detach and drop the partitions whose whole month lies before a day.

    Returns the names of the dropped; see `drop_months`.

    Raises:
        ValueError: `table` is no plain identifier.
    """
    names = months_before(table, day)
    drop_months(table, names)
    return names


def drop_months(table: str, names: Iterable[str]) -> None:
    """Detach and drop partitions that `months_before` named.

    Must run in a transaction; it waits a few seconds at most for whoever reads the
    table, and then fails, to be tried again.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '5s'")
        for name in names:
            cursor.execute(f"ALTER TABLE {table} DETACH PARTITION {name}")
            cursor.execute(f"DROP TABLE {name}")


def _month_of_partition(table: str, name: str) -> date | None:
    """Read the month off a name that `ensure_months` gave."""
    found = re.fullmatch(rf"{table}_(\d{{4}})_(\d{{2}})", name)
    return date(int(found[1]), int(found[2]), 1) if found else None


def _require_name(table: str) -> None:
    if not _NAME.match(table):
        raise ValueError(f"not a table name: {table!r}")
