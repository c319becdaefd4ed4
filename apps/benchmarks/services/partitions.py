"""The months that results are kept in, made before they begin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from apps.core.partitions import ensure_months, month_of, next_month

if TYPE_CHECKING:
    from datetime import date

RESULTS = "benchmarks_result"
MONTHS_AHEAD = 2


@transaction.atomic
def ensure_partitions(*, today: date) -> None:
    """Make this month's partition of the results and those of the months ahead."""
    months = [month_of(today)]
    for _ in range(MONTHS_AHEAD):
        months.append(next_month(months[-1]))
    ensure_months(RESULTS, months)
