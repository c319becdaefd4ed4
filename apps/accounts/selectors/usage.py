"""What a workspace used: of this hour from Redis, of the days before from the hours."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import F, Sum
from django.db.models.functions import Trunc

from apps.accounts.domain.admission import Quota
from apps.accounts.domain.tiers import Limit
from apps.accounts.domain.usage import PERIODS, Usage, UsageLine, UsageStep
from apps.accounts.gateways.gate import gate_of
from apps.accounts.models import UsageHour
from apps.accounts.selectors.entitlements import entitlements
from apps.accounts.selectors.keys import names_of_keys
from apps.accounts.selectors.workspaces import get_workspace
from apps.core.errors import InvalidInputError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from apps.accounts.selectors.workspaces import Viewer


def get_usage(
    viewer: Viewer, workspace_id: UUID, *, period: str, now: datetime
) -> Usage:
    """Return what a workspace used over a period that ends now.

    A day is shown by the hour, anything longer by UTC days. It is behind by the
    seconds in which calls wait to be stored.

    Raises:
        InvalidInputError: there is no such period.
        NotFoundError: a stranger asks.
    """
    get_workspace(viewer, workspace_id)
    if period not in PERIODS:
        raise InvalidInputError(f"period is one of {', '.join(PERIODS)}.")
    step = "hour" if period == "1d" else "day"
    since = _start_of(step, now - timedelta(days=PERIODS[period]))
    hours = UsageHour.objects.filter(
        workspace_id=workspace_id, hour__gte=since, hour__lte=now
    )
    steps = tuple(_steps(hours, step, since, now))
    lines = _lines(hours, names_of_keys(workspace_id))
    return Usage(
        period=period,
        since=since,
        until=now,
        step=step,
        calls=sum(line.calls for line in lines),
        refused=sum(line.refused for line in lines),
        limited=sum(line.limited for line in lines),
        failed=sum(line.failed for line in lines),
        steps=steps,
        lines=lines,
    )


def get_quota(workspace_id: UUID, *, now: datetime) -> Quota | None:
    """Return how much of the present hour is used; None where nothing is counted.

    That is so without a limit, and while Redis does not answer.
    """
    limit = entitlements(workspace_id, now).limit
    if limit.calls is None:
        return None
    try:
        count = gate_of(settings.GATE_URL).count(
            str(workspace_id), limit.seconds, now.timestamp()
        )
    except UnavailableError:
        return None
    return Quota(limit.calls, count.used, count.reset, limit.seconds)


def find_full_hour(workspace_id: UUID, *, now: datetime) -> Quota | None:
    """Return how much is used where that is worth a warning, else None.

    Every page of a workspace asks: of an hour without calls the database is not asked.
    """
    try:
        count = gate_of(settings.GATE_URL).count(
            str(workspace_id), Limit(None).seconds, now.timestamp()
        )
    except UnavailableError:
        return None
    quota = get_quota(workspace_id, now=now) if count.used else None
    return quota if quota is not None and quota.level else None


def _start_of(step: str, moment: datetime) -> datetime:
    start = moment.replace(minute=0, second=0, microsecond=0)
    return start if step == "hour" else start.replace(hour=0)


def _steps(
    hours: QuerySet[UsageHour], step: str, since: datetime, now: datetime
) -> Iterator[UsageStep]:
    """Yield every step, those without calls too."""
    rows = (
        hours.annotate(at=Trunc("hour", step))
        .values("at")
        .annotate(
            all_calls=Sum("calls"), all_refused=Sum("refused"), all_failed=Sum("failed")
        )
    )
    found: dict[datetime, dict[str, Any]] = {row["at"]: dict(row) for row in rows}
    at, length = since, timedelta(hours=1) if step == "hour" else timedelta(days=1)
    while at <= now:
        row = found.get(at, {})
        yield UsageStep(
            at=at,
            calls=row.get("all_calls", 0),
            refused=row.get("all_refused", 0),
            failed=row.get("all_failed", 0),
        )
        at += length


def _lines(hours: QuerySet[UsageHour], names: dict[UUID, str]) -> tuple[UsageLine, ...]:
    rows = (
        hours.values("key_id", "method", "route")
        .annotate(
            all_calls=Sum("calls"),
            all_refused=Sum("refused"),
            all_limited=Sum("limited"),
            all_failed=Sum("failed"),
            all_bytes=Sum("bytes"),
            mean=Sum("ms") / Sum(F("calls") * 1.0),
        )
        .order_by("-all_calls", "route", "method", "key_id")
    )
    return tuple(
        UsageLine(
            key_id=row["key_id"],
            key=names.get(row["key_id"], "a key that is gone") if row["key_id"] else "",
            method=row["method"],
            route=row["route"],
            calls=row["all_calls"],
            refused=row["all_refused"],
            limited=row["all_limited"],
            failed=row["all_failed"],
            mean_ms=round(row["mean"], 3),
            bytes=row["all_bytes"],
        )
        for row in rows
    )
