"""The spans of time that leaderboards and histories look back over."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from apps.core.errors import InvalidInputError

if TYPE_CHECKING:
    from datetime import date, datetime

PERIODS = {"1d": 1, "7d": 7, "30d": 30, "90d": 90}
DEFAULT_PERIOD = "7d"


def longest_within(period: str, days: int | None) -> str:
    """Return the period, or the longest that looks back no further than `days`."""
    if days is None or PERIODS[period] <= days:
        return period
    within = [name for name, length in PERIODS.items() if length <= days]
    return within[-1] if within else next(iter(PERIODS))


def first_day_of(period: str, now: datetime) -> date:
    """Return the first UTC day of the period that ends now.

    Rollups are by whole days, so the first day is counted whole: "1d" is today and
    yesterday, which holds the last 24 hours at any time of day.

    Raises:
        InvalidInputError: there is no such period.
    """
    if period not in PERIODS:
        raise InvalidInputError(
            f"There is no period {period!r}; use one of {', '.join(PERIODS)}."
        )
    return (now - timedelta(days=PERIODS[period])).date()
