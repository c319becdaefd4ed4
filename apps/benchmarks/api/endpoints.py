"""Suites, leaderboards, histories, runs and results over REST."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal, cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router

from apps.accounts.domain.tiers import Entitlement
from apps.accounts.viewers import (
    entitlements_of,
    require_bulk,
    require_days,
    viewer_of,
)
from apps.benchmarks.api.schemas import (
    EventOut,
    HistoryOut,
    LeaderboardOut,
    Period,
    ResultOut,
    RunDetailOut,
    RunOut,
    Status,
    SuiteOut,
    VerdictName,
)
from apps.benchmarks.domain.periods import PERIODS, longest_within
from apps.benchmarks.selectors.history import get_model_history
from apps.benchmarks.selectors.leaderboard import MOST_PAIRS, get_leaderboard
from apps.benchmarks.selectors.results import MAX_PAGE, list_results
from apps.benchmarks.selectors.run_state import read_run_state
from apps.benchmarks.selectors.runs import MAX_PAGE as MOST_RUNS
from apps.benchmarks.selectors.runs import get_run, list_runs
from apps.benchmarks.selectors.suites import list_suite_versions
from apps.catalog.selectors.models import get_model
from apps.core.web.schemas import Listing, Page, Problem
from apps.core.web.sse import MEDIA_TYPE, encode_event

router = Router(tags=["Benchmarks"])

_DAY = timedelta(days=1)

Limit = Annotated[int, Query(ge=1, le=MAX_PAGE, description="Items in a page")]
RunLimit = Annotated[int, Query(ge=1, le=MOST_RUNS, description="Items in a page")]
Cursor = Annotated[UUID | None, Query(description="`next_cursor` of the page before")]


@router.get("/suites", response=Listing[SuiteOut], operation_id="list_suites")
def suites(request: HttpRequest) -> dict[str, object]:
    """List the newest version of each suite, by slug."""
    return {"items": list_suite_versions(viewer_of(request))}


@router.get(
    "/leaderboard",
    response={200: LeaderboardOut, 404: Problem, 422: Problem},
    operation_id="get_leaderboard",
)
def leaderboard(
    request: HttpRequest,
    suite: str,
    period: Period = "7d",
    sort: str = "rank",
    version: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
    pairs: Literal["top", "all"] = "top",
) -> object:
    """Return a suite's leaderboard: ranks as ranges, intervals, costs and times.

    `sort` is a column, with a leading "-" for the reverse order. Without `version`
    it is the newest version that has a result in the period. `pairs` are the 435 most
    telling ones, which is all of them up to 30 models, or `all`.
    """
    now = timezone.now()
    require_days(request, PERIODS[period], now)
    return get_leaderboard(
        viewer_of(request),
        suite,
        period=period,
        sort=sort,
        version=version,
        most_pairs=None if pairs == "all" else MOST_PAIRS,
        now=now,
    )


@router.get(
    "/models/{model_id}/history",
    response={200: HistoryOut, 404: Problem, 422: Problem},
    operation_id="get_model_history",
)
def history(
    request: HttpRequest, model_id: UUID, period: Period | None = None
) -> object:
    """Return how a model did by day, run and task family.

    Without `period` it is 30 days, or as many as the tier shows.
    """
    get_model(model_id)
    now = timezone.now()
    if period is None:
        shown = entitlements_of(request, now).history_days
        period = cast("Period", longest_within("30d", shown))
    require_days(request, PERIODS[period], now)
    return get_model_history(viewer_of(request), model_id, period=period, now=now)


@router.get(
    "/runs", response={200: Page[RunOut], 422: Problem}, operation_id="list_runs"
)
def runs(
    request: HttpRequest,
    suite: str | None = None,
    status: Status | None = None,
    model: UUID | None = None,
    cursor: Cursor = None,
    limit: RunLimit = 50,
) -> dict[str, object]:
    """List runs, newest first, as far back as the tier shows.

    A `limit` above 100 is a bulk export.
    """
    now = timezone.now()
    require_bulk(request, limit, now)
    page = list_runs(
        viewer_of(request),
        since=_shown_since(request, now),
        suite_slug=suite,
        status=status,
        model_id=model,
        cursor=cursor,
        limit=limit,
    )
    return {"items": page.rows, "next_cursor": page.next_cursor}


@router.get(
    "/runs/{run_id}",
    response={200: RunDetailOut, 404: Problem},
    operation_id="get_run",
)
def run(request: HttpRequest, run_id: UUID) -> object:
    """Return a run with its manifest."""
    found = get_run(viewer_of(request), run_id)
    _require_shown(request, found.run.created_at)
    return found


@router.get(
    "/runs/{run_id}/results",
    response={200: Page[ResultOut], 404: Problem, 422: Problem},
    operation_id="list_results",
)
def results(
    request: HttpRequest,
    run_id: UUID,
    verdict: VerdictName | None = None,
    model: UUID | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> dict[str, object]:
    """List a run's final results in the order in which they were stored.

    A `limit` above 100 is a bulk export.
    """
    viewer = viewer_of(request)
    require_bulk(request, limit, timezone.now())
    _require_shown(request, get_run(viewer, run_id).run.created_at)
    page = list_results(
        viewer_of(request),
        run_id,
        cursor=cursor,
        limit=limit,
        verdict=verdict,
        model=model,
    )
    return {"items": page.rows, "next_cursor": page.next_cursor}


@router.get(
    "/runs/{run_id}/events",
    response={200: EventOut, 403: Problem, 404: Problem},
    operation_id="stream_run",
)
def events(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Stream a run's progress as Server-Sent Events until it ends.

    Each event `progress` carries the whole state, and the last is named `end`, so
    that nothing is lost by reconnecting. A comment comes while nothing moves.
    """
    entitlements_of(request, timezone.now()).require(Entitlement.STREAMS)
    # Under ASGI `consumers.events` takes this address before Django sees it and keeps
    # the stream open. A server that cannot gives the present state and asks the
    # client to come back.
    state = read_run_state(viewer_of(request), run_id)
    name = "end" if state.has_ended else "progress"
    event = encode_event(name, state.data, str(state.done))
    response = HttpResponse(event, content_type=MEDIA_TYPE)
    response["Cache-Control"] = "no-store"
    return response


def _shown_since(request: HttpRequest, now: datetime) -> datetime | None:
    days = entitlements_of(request, now).history_days
    return None if days is None else now - days * _DAY


def _require_shown(request: HttpRequest, created_at: datetime) -> None:
    now = timezone.now()
    require_days(request, (now - created_at) / _DAY, now)
