"""What the hourly job looks at, for all who count it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.predictions.domain.words import BenchmarkStatus
from apps.predictions.models import Summary

if TYPE_CHECKING:
    from django.db.models import QuerySet


def get_hourly() -> QuerySet[Summary]:
    """Return the predictions of all experiments but backtests.

    Those are looked at with the clock of their tape, and no hour of ours is theirs.
    """
    return Summary.objects.filter(experiment__is_backtest=False)


def get_active() -> QuerySet[Summary]:
    """Return those that an hour's job looks at now."""
    return get_hourly().filter(benchmark_status=BenchmarkStatus.ACTIVE.value)
