"""Reading the jobs of hours: how each went, and which hours have none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count, Min

from apps.core.errors import NotFoundError
from apps.predictions.domain.hours import HOUR, LookError, hour_of
from apps.predictions.domain.words import BenchmarkStatus, JobStatus
from apps.predictions.models import BenchmarkJob, Summary

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class JobRow:
    """The job of one hour and its result."""

    hour: datetime
    status: JobStatus
    total_processed: int
    successful: int
    failed: int
    skipped: int
    errors: tuple[LookError, ...]
    movements: Mapping[str, int]
    markets_tracked: int
    duration_ms: int
    fetching_ms: int
    computing_ms: int
    storing_ms: int
    takes: int
    reason: str
    started_at: datetime
    finished_at: datetime | None
    lease_expires_at: datetime | None

    @property
    def revision(self) -> str:
        """Return what differs whenever a page about the hour would."""
        return (
            f"{self.hour:%Y%m%d%H}:{self.status.value}:{self.successful}:{self.failed}"
        )

    @property
    def words(self) -> str:
        """Return how it went, in one line."""
        said = f"{self.hour:%H:%M} UTC: {self.successful:,} looked at"
        return f"{said}, {self.failed:,} failed, {self.skipped:,} skipped"

    def is_silent(self, now: datetime) -> bool:
        """Say whether it runs no longer, although nobody ended it."""
        expires = self.lease_expires_at
        return self.status is JobStatus.RUNNING and (expires is None or expires < now)


def get_job(hour: datetime) -> JobRow:
    """Return the job of an hour.

    Raises:
        NotFoundError: it has none.
    """
    found = list_jobs(since=hour, until=hour)
    if not found:
        raise NotFoundError(f"The hour {hour:%Y-%m-%d %H:%M} has no job.")
    return found[0]


def get_last_job() -> JobRow | None:
    """Return the job of the newest hour; None where there has been none."""
    row = BenchmarkJob.objects.order_by("-hour").first()
    return None if row is None else _to_row(row)


def list_jobs(*, since: datetime, until: datetime) -> tuple[JobRow, ...]:
    """Return the jobs of some hours, both ends among them, the newest first."""
    rows = BenchmarkJob.objects.filter(hour__gte=since, hour__lte=until)
    return tuple(map(_to_row, rows.order_by("-hour")))


def count_by_status() -> dict[BenchmarkStatus, int]:
    """Return how many predictions stand how."""
    found = Summary.objects.values_list("benchmark_status").annotate(n=Count("pk"))
    counts = dict(found.order_by())
    return {status: counts.get(status.value, 0) for status in BenchmarkStatus}


def tracked_since() -> datetime | None:
    """Return when the oldest prediction was made that is looked at hourly now."""
    active = Summary.objects.filter(benchmark_status=BenchmarkStatus.ACTIVE.value)
    found: datetime | None = active.aggregate(Min("predicted_at"))["predicted_at__min"]
    return found


def list_missing_hours(*, since: datetime, until: datetime) -> tuple[datetime, ...]:
    """Return the full hours without a job although there was something to look at.

    An hour counts from the first full one after the oldest prediction that is tracked.
    Both ends are among them, the newest comes first.
    """
    hours = BenchmarkJob.objects.filter(hour__gte=hour_of(since), hour__lte=until)
    there = set(hours.values_list("hour", flat=True))
    return name_missing_hours(there, since=since, until=until)


def name_missing_hours(
    there: Collection[datetime], *, since: datetime, until: datetime
) -> tuple[datetime, ...]:
    """Return what `list_missing_hours` does, of hours whose jobs were read already."""
    begun = tracked_since()
    if begun is None:
        return ()
    first = max(hour_of(since), hour_of(begun) + HOUR)
    missing, hour = [], hour_of(until)
    while hour >= first:
        if hour not in there:
            missing.append(hour)
        hour -= HOUR
    return tuple(missing)


def _to_row(job: BenchmarkJob) -> JobRow:
    errors = tuple(LookError(**one) for one in job.errors)
    return JobRow(
        status=JobStatus(job.status),
        errors=errors,
        **{name: getattr(job, name) for name in _PLAIN},
    )


_PLAIN = (
    "hour",
    "total_processed",
    "successful",
    "failed",
    "skipped",
    "movements",
    "markets_tracked",
    "duration_ms",
    "fetching_ms",
    "computing_ms",
    "storing_ms",
    "takes",
    "reason",
    "started_at",
    "finished_at",
    "lease_expires_at",
)
