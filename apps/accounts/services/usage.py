"""Recording calls: rows, hours and the last use of keys, in one statement."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import IntegrityError, connection, transaction

from apps.accounts.models import UsageHour, UsageWarning
from apps.accounts.services.usage_mail import mail_usage_warning
from apps.core.batching import Batcher
from apps.core.ids import new_id
from apps.core.lifespan import before_end
from apps.core.partitions import drop_months_before, ensure_months, months_from

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from apps.accounts.domain.calls import Call

TABLE = "accounts_apirequest"
KEPT = timedelta(days=90)
MONTHS_AHEAD = 2
# One call in a minute is enough to tell that a key is used.
LAST_USED_EVERY = timedelta(minutes=1)

_STORE = """
WITH given AS (
    SELECT * FROM unnest(
        %(id)s::uuid[], %(at)s::timestamptz[], %(workspace)s::uuid[], %(key)s::uuid[],
        %(method)s::text[], %(route)s::text[], %(status)s::int[], %(ms)s::float8[],
        %(bytes)s::bigint[], %(request_id)s::text[], %(ip)s::inet[]
    ) AS given (id, at, workspace_id, key_id, method, route, status, ms, bytes,
                request_id, ip)
), stored AS (
    INSERT INTO accounts_apirequest (id, at, workspace_id, key_id, method, route,
        status, ms, bytes, request_id, ip)
    SELECT * FROM given
), merged AS (
    INSERT INTO accounts_usagehour AS kept (id, hour, workspace_id, key_id, method,
        route, calls, refused, limited, failed, ms, bytes)
    SELECT gen_random_uuid(), date_trunc('hour', at, 'UTC'), workspace_id, key_id,
        method, route, count(*), count(*) FILTER (WHERE status BETWEEN 400 AND 499),
        count(*) FILTER (WHERE status = 429), count(*) FILTER (WHERE status >= 500),
        sum(ms), sum(bytes)
    FROM given WHERE workspace_id IS NOT NULL
    GROUP BY 2, 3, 4, 5, 6 ORDER BY 3, 2, 4, 5, 6
    ON CONFLICT (workspace_id, hour, key_id, method, route) DO UPDATE SET
        calls = kept.calls + excluded.calls,
        refused = kept.refused + excluded.refused,
        limited = kept.limited + excluded.limited,
        failed = kept.failed + excluded.failed,
        ms = kept.ms + excluded.ms,
        bytes = kept.bytes + excluded.bytes
)
UPDATE accounts_apikey AS key SET last_used_at = used.at
FROM (
    SELECT key_id, max(at) AS at FROM given WHERE key_id IS NOT NULL GROUP BY key_id
) AS used
WHERE key.id = used.key_id
  AND (key.last_used_at IS NULL OR key.last_used_at <= used.at - %(every)s)
"""


@transaction.atomic
def store_calls(calls: Sequence[Call]) -> None:
    """Store calls, merge them into their hours and mark the keys as used.

    Mails a workspace's administrators, once a day and percentage, where a call reached
    a percentage of the hourly limit.
    """
    if not calls:
        return
    try:
        with transaction.atomic():
            _insert(calls)
    except IntegrityError:
        # The job that makes months ahead did not run: PostgreSQL refuses the row.
        ensure_months(TABLE, {call.at.date() for call in calls})
        _insert(calls)
    for workspace_id, percent, at in _warnings(calls):
        _warn(workspace_id, percent, at)


def _insert(calls: Sequence[Call]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_STORE, _columns(calls))


def _columns(calls: Sequence[Call]) -> dict[str, Any]:
    columns: dict[str, Any] = {"every": LAST_USED_EVERY}
    columns["id"] = [new_id() for _ in calls]
    columns["at"] = [call.at for call in calls]
    columns["workspace"] = [call.workspace_id for call in calls]
    columns["key"] = [call.key_id for call in calls]
    columns["method"] = [call.method for call in calls]
    columns["route"] = [call.route for call in calls]
    columns["status"] = [call.status for call in calls]
    columns["ms"] = [call.ms for call in calls]
    columns["bytes"] = [call.bytes for call in calls]
    columns["request_id"] = [call.request_id for call in calls]
    columns["ip"] = [call.ip for call in calls]
    return columns


def _warnings(calls: Sequence[Call]) -> list[tuple[UUID, int, datetime]]:
    return [
        (call.workspace_id, call.crossed, call.at)
        for call in calls
        if call.crossed and call.workspace_id is not None
    ]


def _warn(workspace_id: UUID, percent: int, at: datetime) -> None:
    _, is_new = UsageWarning.objects.get_or_create(
        workspace_id=workspace_id, day=at.date(), percent=percent, defaults={"at": at}
    )
    if is_new:
        mail_usage_warning(workspace_id=workspace_id, percent=percent, now=at)


@transaction.atomic
def tend_usage(*, now: datetime) -> tuple[str, ...]:
    """Make the months ahead, and drop what is older than is kept.

    Returns the names of the partitions that were dropped.
    """
    ensure_months(TABLE, months_from(now.date(), MONTHS_AHEAD))
    oldest = now - KEPT
    UsageHour.objects.filter(hour__lt=oldest).delete()
    UsageWarning.objects.filter(at__lt=oldest).delete()
    return drop_months_before(TABLE, oldest.date())


def _store_and_let_go(calls: Sequence[Call]) -> None:
    """Store from a thread that keeps no connection while it waits."""
    try:
        store_calls(calls)
    finally:
        connection.close()


# Without a thread where jobs run at once, which is in tests: they say when to store.
recorder: Batcher[Call] = Batcher(
    _store_and_let_go, runs=not settings.CELERY_TASK_ALWAYS_EAGER
)
before_end(recorder.close)
