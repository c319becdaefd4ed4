"""Reading the jobs of hours: how each went, and which hours have none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Min

from apps.core.errors import NotFoundError
from apps.markets.domain.markets import Nature
from apps.predictions.domain.hours import HOUR, LookError, hour_of
from apps.predictions.domain.words import BenchmarkStatus, JobStatus
from apps.predictions.models import BenchmarkJob
from apps.predictions.selectors.hourly import get_active, get_hourly

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class NatureCounts:
    """What a job counts of the predictions on the venues of one nature."""

    total_processed: int
    successful: int
    failed: int
    skipped: int
    markets_tracked: int
    movements: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class JobRow:
    """The job of one hour and its result.

    `natures` has the same counts of live, recorded and simulated apart; None where
    nobody kept them so.
    """

    hour: datetime
    status: JobStatus
    total_processed: int
    successful: int
    failed: int
    skipped: int
    errors: tuple[LookError, ...]
    movements: Mapping[str, int]
    markets_tracked: int
    natures: Mapping[Nature, NatureCounts] | None
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
        said = f"{said}, {self.failed:,} failed, {self.skipped:,} skipped"
        return f"{said} ({self.nature_words})" if self.nature_words else said

    @property
    def present(self) -> tuple[tuple[Nature, NatureCounts], ...]:
        """Return the natures that it had predictions of, with their counts."""
        return tuple(
            (nature, counts)
            for nature, counts in (self.natures or {}).items()
            if counts.total_processed or counts.markets_tracked or counts.movements
        )

    @property
    def nature_words(self) -> str:
        """Return how many predictions are of which nature; empty: all are live."""
        if self.natures is None:
            return UNTOLD
        if all(nature is Nature.LIVE for nature, _ in self.present):
            return ""
        return ", ".join(
            f"{counts.total_processed:,} {nature}" for nature, counts in self.present
        )

    def is_silent(self, now: datetime) -> bool:
        """Say whether it runs no longer, although nobody ended it."""
        expires = self.lease_expires_at
        return self.status is JobStatus.RUNNING and (expires is None or expires < now)


# Of jobs from before their counts were kept by nature.
UNTOLD = "live, recorded and simulated not told apart"


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


def count_by_status() -> dict[Nature, dict[BenchmarkStatus, int]]:
    """Return how many predictions of each nature stand how, backtests aside."""
    found = get_hourly().values_list("market__venue__nature", "benchmark_status")
    counts = {
        (nature, status): n
        for nature, status, n in found.annotate(n=Count("pk")).order_by()
    }
    return {
        nature: {
            status: counts.get((nature.value, status.value), 0)
            for status in BenchmarkStatus
        }
        for nature in Nature
    }


def tracked_since() -> datetime | None:
    """Return when the oldest prediction was made that is looked at hourly now."""
    found: datetime | None = get_active().aggregate(Min("predicted_at"))[
        "predicted_at__min"
    ]
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
        natures=_to_natures(job.natures),
        **{name: getattr(job, name) for name in _PLAIN},
    )


def _to_natures(
    natures: Mapping[str, Any] | None,
) -> dict[Nature, NatureCounts] | None:
    if natures is None:
        return None
    results = ("successful", "failed", "skipped")
    return {
        nature: NatureCounts(
            total_processed=sum(natures[nature][name] for name in results),
            **natures[nature],
        )
        for nature in Nature
    }


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
