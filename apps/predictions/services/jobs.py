"""The job of one hour: claimed under a lease, counted as it goes, ended once.

Whoever holds the lease writes. A worker that is killed leaves a lease that runs out,
and the next one goes on with what has no snapshot yet.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.db.models import Count

from apps.core.errors import ConflictError
from apps.core.ids import new_id
from apps.predictions.domain.hours import MOST_ERRORS, hour_of
from apps.predictions.domain.words import JobStatus
from apps.predictions.models import BenchmarkJob, Snapshot

if TYPE_CHECKING:
    from datetime import datetime, timedelta
    from uuid import UUID

    from apps.predictions.domain.hours import Tally

# An hour that is over but for single predictions is taken up again for them so often.
MOST_TAKES = 4


class HourLostError(ConflictError):
    """Another worker has the job now, or its hour is over: write nothing more."""


@dataclass(frozen=True, slots=True)
class JobLease:
    """The right to write the snapshots of one hour."""

    job_id: UUID
    hour: datetime
    token: UUID


# One statement, so that of two schedulers exactly one has the hour. A job is taken up
# again where it failed, where its worker fell silent, and a few times where it is over
# but for predictions whose markets did not answer. Of its markets those stay counted
# that will not be asked again: something was looked at there, or ended, and nothing is
# left to do.
_CLAIM = """
INSERT INTO predictions_benchmarkjob AS job (id, hour, status, lease_token,
    lease_expires_at, takes, total_processed, successful, failed, skipped, errors,
    markets_tracked, movements, duration_ms, fetching_ms, computing_ms, storing_ms,
    reason, started_at)
VALUES (%(id)s, %(hour)s, 'running', %(token)s, %(expires)s, 1, 0, 0, 0, 0, '[]', 0,
    '{}', 0, 0, 0, 0, '', %(now)s)
ON CONFLICT (hour) DO UPDATE SET status = 'running', lease_token = %(token)s,
    lease_expires_at = %(expires)s, takes = job.takes + 1, failed = 0, skipped = 0,
    total_processed = job.successful, errors = '[]', reason = '', finished_at = NULL,
    markets_tracked = (SELECT count(*) FROM (
        (SELECT market_id FROM predictions_snapshot WHERE hour = %(hour)s
         UNION
         SELECT market_id FROM predictions_summary
         WHERE benchmark_status = 'COMPLETED' AND updated_at >= %(hour)s)
        EXCEPT
        SELECT market_id FROM predictions_summary
        WHERE benchmark_status <> 'COMPLETED' AND predicted_at <= %(now)s
            AND (last_hour IS NULL OR last_hour < %(hour)s)) AS done)
WHERE job.status = 'failed'
    OR (job.status = 'running' AND job.lease_expires_at < %(now)s)
    OR (job.status = 'completed' AND job.failed > 0 AND job.takes < %(most)s)
RETURNING id
"""


def claim_job(*, hour: datetime, now: datetime, duration: timedelta) -> JobLease | None:
    """Take the job of an hour that nobody works on and that is not done.

    Returns None where somebody works on it, or it is done.

    Raises:
        ConflictError: `now` does not lie in the hour. Prices of an hour that has passed
            are to be had no more, and a gap is what it stays.
    """
    if hour_of(now) != hour:
        raise ConflictError(
            f"The hour {hour:%Y-%m-%d %H:%M} is not the present one: what was missed "
            "stays a gap."
        )
    token = new_id()
    values: dict[str, Any] = {
        "id": new_id(),
        "hour": hour,
        "token": token,
        "expires": now + duration,
        "now": now,
        "most": MOST_TAKES,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_CLAIM, values)
        row = cursor.fetchone()
    return None if row is None else JobLease(row[0], hour, token)


_COUNT = """
UPDATE predictions_benchmarkjob SET lease_expires_at = %(expires)s,
    total_processed = total_processed + %(total)s,
    successful = successful + %(successful)s, failed = failed + %(failed)s,
    skipped = skipped + %(skipped)s,
    errors = jsonb_path_query_array(errors || %(errors)s::jsonb, %(first)s::jsonpath),
    markets_tracked = markets_tracked + %(markets)s,
    duration_ms = duration_ms + %(spent)s,
    fetching_ms = fetching_ms + %(fetching)s,
    computing_ms = computing_ms + %(computing)s, storing_ms = storing_ms + %(storing)s
WHERE id = %(id)s AND lease_token = %(token)s AND status = 'running'
"""


def count_in(
    *, lease: JobLease, tally: Tally, now: datetime, duration: timedelta
) -> None:
    """Add what was done to the job and prolong its lease, in the caller's transaction.

    Raises:
        HourLostError: somebody else has the job, or the hour is over.
    """
    if hour_of(now) != lease.hour:
        raise HourLostError(f"The hour {lease.hour:%H:%M} is over.")
    values: dict[str, Any] = {
        "id": lease.job_id,
        "token": lease.token,
        "expires": now + duration,
        "total": tally.total_processed,
        "successful": tally.successful,
        "failed": tally.failed,
        "skipped": tally.skipped,
        "errors": json.dumps([asdict(one) for one in tally.errors]),
        "first": f"$[0 to {MOST_ERRORS - 1}]",
        "markets": tally.markets,
        "fetching": round(tally.fetching_ms),
        "computing": round(tally.computing_ms),
        "storing": round(tally.storing_ms),
        "spent": round(tally.fetching_ms + tally.computing_ms + tally.storing_ms),
    }
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, values)
        if not cursor.rowcount:
            raise HourLostError(f"Another worker has the hour {lease.hour:%H:%M} now.")


@transaction.atomic
def renew_job(*, lease: JobLease, now: datetime, duration: timedelta) -> None:
    """Hold the job for another `duration` while there is nothing to count.

    Raises:
        HourLostError: somebody else has it, or the hour is over.
    """
    if hour_of(now) != lease.hour:
        raise HourLostError(f"The hour {lease.hour:%H:%M} is over.")
    held = BenchmarkJob.objects.filter(
        pk=lease.job_id, lease_token=lease.token, status=JobStatus.RUNNING.value
    )
    if not held.update(lease_expires_at=now + duration):
        raise HourLostError(f"Another worker has the hour {lease.hour:%H:%M} now.")


@transaction.atomic
def end_job(
    *, lease: JobLease, now: datetime, elapsed_ms: float, trouble: str = ""
) -> None:
    """End the job: failed where there was trouble, or where nothing succeeded.

    Raises:
        HourLostError: somebody else has it.
    """
    held = BenchmarkJob.objects.filter(
        pk=lease.job_id, lease_token=lease.token, status=JobStatus.RUNNING.value
    )
    job = held.select_for_update().first()
    if job is None:
        raise HourLostError(f"Another worker has the hour {lease.hour:%H:%M} now.")
    reason = trouble
    if not reason and job.failed and not job.successful:
        reason = f"None of {job.failed} predictions could be looked at."
    status = JobStatus.FAILED if reason else JobStatus.COMPLETED
    held.update(
        status=status.value,
        reason=reason[:500],
        lease_token=None,
        lease_expires_at=None,
        finished_at=now,
        movements=_count_movements(lease.hour),
        # What no chunk counted, such as a last look for more.
        duration_ms=max(job.duration_ms, round(elapsed_ms)),
    )


def _count_movements(hour: datetime) -> dict[str, int]:
    found = Snapshot.objects.filter(hour=hour).values_list("movement_direction")
    return dict(found.annotate(looks=Count("hour")).order_by("movement_direction"))
