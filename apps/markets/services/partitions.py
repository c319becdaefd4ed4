"""The months that quotes are kept in, made before they begin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from apps.core.partitions import ensure_months, months_from

if TYPE_CHECKING:
    from datetime import date

QUOTES = "markets_quote"
MONTHS_AHEAD = 2


@transaction.atomic
def ensure_partitions(*, today: date) -> None:
    """Make this month's partition of the quotes and those of the months ahead."""
    ensure_months(QUOTES, months_from(today, MONTHS_AHEAD))
