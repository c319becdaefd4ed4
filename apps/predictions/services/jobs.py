"""The job of one hour: claimed under a lease, counted as it goes, ended once.

Whoever holds the lease writes. A worker that is killed leaves a lease that runs out,
and the next one goes on with what has no snapshot yet.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.db.models import Count

from apps.core.errors import ConflictError
from apps.core.ids import new_id
from apps.markets.domain.markets import Nature
from apps.predictions.domain.hours import MOST_ERRORS, hour_of
from apps.predictions.domain.words import JobStatus
from apps.predictions.models import BenchmarkJob, Snapshot
from apps.predictions.models.job import COUNTS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from uuid import UUID

    from apps.predictions.domain.hours import Tally

# An hour that is over but for single predictions is taken up again for them so often.
MOST_TAKES = 4
# And so often, those counted, for predictions that were made since it ended.
MOST_FIRST_LOOKS = 8
# But not so late that a slow venue, which gets eight minutes, could end the hour as
# failed: the next hour's job is as near by then.
FIRST_LOOKS_UNTIL = timedelta(minutes=50)


class HourLostError(ConflictError):
    """Another worker has the job now, or its hour is over: write nothing more."""


@dataclass(frozen=True, slots=True)
class JobLease:
    """The right to write the snapshots of one hour."""

    job_id: UUID
    hour: datetime
    token: UUID


# What was counted of where markets went stays until the job ends.
_MOVED = "job.natures #> '{{{nature},movements}}'"
_NOT_MOVED = "'{{}}'::jsonb"


def _by_nature(count: Callable[[str, str], str], movements: str = _MOVED) -> str:
    """Return an object of counts by nature, each as `count(nature, name)` says it."""
    parts = [
        f"'{nature.value}', jsonb_build_object("
        + ", ".join(f"'{name}', {count(nature.value, name)}" for name in COUNTS)
        + f", 'movements', {movements.format(nature=nature.value)})"
        for nature in Nature
    ]
    return f"jsonb_build_object({', '.join(parts)})"


def _kept(nature: str, name: str) -> str:
    return f"(job.natures #>> '{{{nature},{name}}}')::int"


def _claimed(nature: str, name: str) -> str:
    """Return what stays counted of a job that is taken up again."""
    if name == "markets_tracked":
        told = f"(SELECT markets FROM done WHERE nature = '{nature}')"  # noqa: S608
        return f"COALESCE({told}, 0)"
    return _kept(nature, name) if name == "successful" else "0"


# Made since the job began its last take: whoever predicts right after the hour's job
# need not wait for the next hour to see a first look.
_NEW = """
SELECT 1 FROM predictions_summary AS made
JOIN predictions_experiment AS experiment ON experiment.id = made.experiment_id
WHERE made.benchmark_status = 'ACTIVE' AND made.last_hour IS NULL
    AND made.predicted_at BETWEEN
        job.finished_at - job.duration_ms * interval '1 millisecond' AND %(now)s
    AND NOT experiment.is_backtest
"""

# One statement, so that of two schedulers exactly one has the hour. A job is taken up
# again where it failed, where its worker fell silent, and a few times where it is over
# but for predictions that are new, or whose markets did not answer. Of its markets
# those stay counted that will not be asked again: something was looked at there, or
# ended, and nothing is left to do.
_CLAIM = f"""
WITH done AS (
    SELECT venue.nature, count(*) AS markets FROM (
        (SELECT market_id FROM predictions_snapshot WHERE hour = %(hour)s
         UNION
         SELECT market_id FROM predictions_summary
         WHERE benchmark_status = 'COMPLETED' AND updated_at >= %(hour)s)
        EXCEPT
        SELECT market_id FROM predictions_summary
        WHERE benchmark_status <> 'COMPLETED' AND predicted_at <= %(now)s
            AND (last_hour IS NULL OR last_hour < %(hour)s)) AS over
    JOIN markets_market AS market ON market.id = over.market_id
    JOIN markets_venue AS venue ON venue.id = market.venue_id
    GROUP BY venue.nature
)
INSERT INTO predictions_benchmarkjob AS job (id, hour, status, lease_token,
    lease_expires_at, takes, total_processed, successful, failed, skipped, errors,
    markets_tracked, movements, duration_ms, fetching_ms, computing_ms, storing_ms,
    reason, started_at, natures)
VALUES (%(id)s, %(hour)s, 'running', %(token)s, %(expires)s, 1, 0, 0, 0, 0, '[]', 0,
    '{{}}', 0, 0, 0, 0, '', %(now)s, {_by_nature(lambda *_: "0", _NOT_MOVED)})
ON CONFLICT (hour) DO UPDATE SET status = 'running', lease_token = %(token)s,
    lease_expires_at = %(expires)s, takes = job.takes + 1, failed = 0, skipped = 0,
    total_processed = job.successful, errors = '[]', reason = '', finished_at = NULL,
    markets_tracked = COALESCE((SELECT sum(markets) FROM done), 0),
    natures = CASE WHEN job.natures IS NOT NULL THEN {_by_nature(_claimed)} END
WHERE job.status = 'failed'
    OR (job.status = 'running' AND job.lease_expires_at < %(now)s)
    OR (job.status = 'completed' AND job.failed > 0 AND job.takes < %(most)s)
    OR (job.status = 'completed' AND job.takes < %(most_first)s
        AND %(now)s < %(first_until)s AND EXISTS ({_NEW}))
RETURNING id
"""  # noqa: S608 - names of this module


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
        "most_first": MOST_FIRST_LOOKS,
        "first_until": hour + FIRST_LOOKS_UNTIL,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_CLAIM, values)
        row = cursor.fetchone()
    return None if row is None else JobLease(row[0], hour, token)


def _added(nature: str, name: str) -> str:
    return f"{_kept(nature, name)} + %({nature}_{name})s"


_COUNT = f"""
UPDATE predictions_benchmarkjob AS job SET lease_expires_at = %(expires)s,
    total_processed = total_processed + %(total)s,
    successful = successful + %(successful)s, failed = failed + %(failed)s,
    skipped = skipped + %(skipped)s,
    errors = jsonb_path_query_array(errors || %(errors)s::jsonb, %(first)s::jsonpath),
    markets_tracked = markets_tracked + %(markets)s,
    duration_ms = duration_ms + %(spent)s,
    fetching_ms = fetching_ms + %(fetching)s,
    computing_ms = computing_ms + %(computing)s, storing_ms = storing_ms + %(storing)s,
    natures = CASE WHEN natures IS NOT NULL THEN {_by_nature(_added)} END
WHERE id = %(id)s AND lease_token = %(token)s AND status = 'running'
"""  # noqa: S608 - names of this module


def count_in(
    *, lease: JobLease, tally: Tally, now: datetime, duration: timedelta
) -> None:
    """Add what was done to the job and prolong its lease, in the caller's transaction.

    Raises:
        HourLostError: somebody else has the job, or the hour is over.
    """
    if hour_of(now) != lease.hour:
        raise HourLostError(f"The hour {lease.hour:%H:%M} is over.")
    total = tally.total
    values: dict[str, Any] = {
        "id": lease.job_id,
        "token": lease.token,
        "expires": now + duration,
        "total": total.total_processed,
        "successful": total.successful,
        "failed": total.failed,
        "skipped": total.skipped,
        "errors": json.dumps([asdict(one) for one in tally.errors]),
        "first": f"$[0 to {MOST_ERRORS - 1}]",
        "markets": total.markets,
        **_count_values(tally),
        "fetching": round(tally.fetching_ms),
        "computing": round(tally.computing_ms),
        "storing": round(tally.storing_ms),
        "spent": round(tally.fetching_ms + tally.computing_ms + tally.storing_ms),
    }
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, values)
        if not cursor.rowcount:
            raise HourLostError(f"Another worker has the hour {lease.hour:%H:%M} now.")


def _count_values(tally: Tally) -> dict[str, int]:
    values: dict[str, int] = {}
    for nature in Nature:
        counts = tally.of(nature)
        values |= {
            f"{nature.value}_successful": counts.successful,
            f"{nature.value}_failed": counts.failed,
            f"{nature.value}_skipped": counts.skipped,
            f"{nature.value}_markets_tracked": counts.markets,
        }
    return values


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
    movements = _count_movements(lease.hour)
    held.update(
        status=status.value,
        reason=reason[:500],
        lease_token=None,
        lease_expires_at=None,
        finished_at=now,
        movements=dict(sum(movements.values(), Counter())),
        natures=_with_movements(job.natures, movements),
        # What no chunk counted, such as a last look for more.
        duration_ms=max(job.duration_ms, round(elapsed_ms)),
    )


def _count_movements(hour: datetime) -> dict[str, Counter[str]]:
    """Count the snapshots of an hour by nature and direction."""
    found = (
        Snapshot.objects.filter(hour=hour)
        .order_by()
        .values_list("market__venue__nature", "movement_direction")
    )
    counts: dict[str, Counter[str]] = {nature.value: Counter() for nature in Nature}
    for nature, direction, looks in found.annotate(looks=Count("hour")):
        counts[nature][direction] = looks
    return counts


def _with_movements(
    natures: Mapping[str, Any] | None, movements: Mapping[str, Mapping[str, int]]
) -> dict[str, Any] | None:
    """Return the counts by nature with where markets went; None stays what it is."""
    if natures is None:
        return None
    return {
        nature: {**counts, "movements": dict(movements[nature])}
        for nature, counts in natures.items()
    }
