"""The months that quotes are kept in: made before they begin, dropped when old."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from apps.core.partitions import (
    drop_months_before,
    ensure_months,
    months_back,
    months_from,
)

if TYPE_CHECKING:
    from datetime import date

QUOTES = "markets_quote"
MONTHS_AHEAD = 2


@transaction.atomic
def ensure_partitions(*, today: date) -> None:
    """Make this month's partition of the quotes and those of the months ahead."""
    ensure_months(QUOTES, months_from(today, MONTHS_AHEAD))


@transaction.atomic
def drop_old_quotes(*, today: date, months: int) -> tuple[str, ...]:
    """Drop the months of quotes that lie more than so many before this one.

    Returns the names of the partitions that were dropped; 0 months keeps all.
    """
    if not months:
        return ()
    return drop_months_before(QUOTES, months_back(today, months))
