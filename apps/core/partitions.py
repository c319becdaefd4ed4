"""Native monthly partitions, made ahead."""

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
    if not _NAME.match(table):
        raise ValueError(f"not a table name: {table!r}")
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
