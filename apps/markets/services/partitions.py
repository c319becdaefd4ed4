"""The months that quotes are kept in: made before they begin, dropped when old."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection, transaction

from apps.core.partitions import (
    drop_months,
    ensure_months,
    months_back,
    months_before,
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


# A recording is of its own time, and whoever brought it wants it whole.
_RECORDINGS = """
SELECT EXISTS (
    SELECT FROM {month} AS quote
    JOIN markets_market AS market ON market.id = quote.market_id
    JOIN markets_venue AS venue ON venue.id = market.venue_id
    WHERE venue.nature = 'recorded')
"""
_THIN = """
DELETE FROM {month} AS quote USING markets_market AS market, markets_venue AS venue
WHERE market.id = quote.market_id AND venue.id = market.venue_id
    AND venue.nature <> 'recorded'
"""


@transaction.atomic
def drop_old_quotes(*, today: date, months: int) -> tuple[str, ...]:
    """Drop the months of quotes that lie more than so many before this one.

    A month that holds a recording loses all other quotes. Returns the names of the
    partitions that were dropped; 0 months keeps all.
    """
    if not months:
        return ()
    dropped = []
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '5s'")
        for month in months_before(QUOTES, months_back(today, months)):
            # A backtest may be storing a recording there that nobody sees yet.
            cursor.execute(f"LOCK TABLE {month} IN SHARE MODE")
            cursor.execute(_RECORDINGS.format(month=month))
            if cursor.fetchone()[0]:
                cursor.execute(_THIN.format(month=month))
            else:
                dropped.append(month)
    drop_months(QUOTES, dropped)
    return tuple(dropped)
