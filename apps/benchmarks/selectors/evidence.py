"""The stored results behind one line of a leaderboard."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING

from django.db.models import Count, Q

from apps.benchmarks.domain.periods import DEFAULT_PERIOD, first_day_of
from apps.benchmarks.models import Result
from apps.benchmarks.selectors.results import MAX_PAGE, ResultPage, to_result_rows

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from django.db.models import QuerySet

    from apps.benchmarks.selectors.suites import SuiteVersionRow


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a leaderboard counted for one model, and a page of it, newest first."""

    passed: int
    failed: int
    unscored: int
    page: ResultPage


def get_evidence(
    version: SuiteVersionRow,
    model_id: UUID,
    *,
    now: datetime,
    period: str = DEFAULT_PERIOD,
    verdict: str | None = None,
    cursor: UUID | None = None,
    limit: int = 50,
) -> Evidence:
    """Return the final results of public runs that the version's leaderboard counts.

    `version` comes from a selector that asked who is looking. `cursor` is a page's
    `next_cursor`; the counts are of the whole period, whatever the verdict asked for.

    Raises:
        InvalidInputError: no such period.
    """
    results = _counted(version.id, model_id, first_day_of(period, now))
    counts = dict(results.values_list("verdict").annotate(count=Count("id")).order_by())
    if verdict is not None:
        results = results.filter(verdict=verdict)
    if cursor is not None:
        results = _after(results, cursor)
    limit = max(1, min(limit, MAX_PAGE))
    rows = to_result_rows(results.order_by("-created_at", "-id")[: limit + 1])
    more = rows[limit - 1].id if len(rows) > limit else None
    return Evidence(
        passed=counts.get("pass", 0),
        failed=counts.get("fail", 0),
        unscored=counts.get("unscored", 0),
        page=ResultPage(rows[:limit], more),
    )


def _counted(version_id: UUID, model_id: UUID, since: date) -> QuerySet[Result]:
    start = datetime.combine(since, time.min, UTC)
    return Result.objects.filter(
        run__suite_version_id=version_id,
        run__workspace__isnull=True,
        model_id=model_id,
        is_final=True,
        # No bound by partition: a run resumed today may have been created years ago.
        created_at__gte=start,
    )


def _after(results: QuerySet[Result], cursor: UUID) -> QuerySet[Result]:
    """Keep what comes after the cursor's row; an unknown cursor leaves nothing."""
    anchor = results.filter(id=cursor).values_list("created_at", flat=True).first()
    if anchor is None:
        return results.none()
    earlier = Q(created_at__lt=anchor)
    return results.filter(earlier | Q(created_at=anchor, id__lt=cursor))
