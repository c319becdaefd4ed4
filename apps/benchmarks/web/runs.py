"""Runs: the list, one run with its samples, and one sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.accounts.viewers import viewer_of
from apps.benchmarks.selectors.results import get_result, list_results
from apps.benchmarks.selectors.runs import (
    get_run,
    list_runs,
    may_cancel,
    may_resume,
)
from apps.benchmarks.web.reading import (
    VERDICTS,
    read_cursor,
    readable,
    verdict_choices,
)
from apps.core.web.queries import read_choice, read_id, read_number, with_query
from apps.core.web.twins import csv_response, json_response

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from apps.accounts.selectors.workspaces import Viewer
    from apps.benchmarks.selectors.results import ResultPage
    from apps.benchmarks.selectors.runs import RunPage

RUNS_A_PAGE = 30
SAMPLES_A_PAGE = 20
TWIN_ROWS = 500
STATUSES = ("queued", "running", "completed", "cancelled", "stopped", "failed")
RUN_COLUMNS = (
    "id",
    "suite_slug",
    "suite_version",
    "trigger",
    "status",
    "samples",
    "passed",
    "failed",
    "unscored",
    "cost",
    "estimated_cost",
    "max_cost",
    "created_at",
    "started_at",
    "finished_at",
)
RESULT_COLUMNS = (
    "id",
    "model",
    "task",
    "family",
    "epoch",
    "attempt",
    "verdict",
    "reason",
    "score",
    "outcome",
    "input_tokens",
    "output_tokens",
    "cost",
    "first_token_ms",
    "working_ms",
    "total_ms",
    "sandbox_tier",
    "provider_model",
    "created_at",
    "prompt",
    "answer",
)


@require_safe
def run_list(request: HttpRequest) -> HttpResponse:
    """Show the runs, newest first."""
    page = _read_runs(request, viewer_of(request), RUNS_A_PAGE)
    context = {
        "runs": page.rows,
        "status": request.GET.get("status", ""),
        "suite_slug": request.GET.get("suite", ""),
        "statuses": STATUSES,
        "next_href": _next_href(request, page.next_cursor),
    }
    return render(request, "benchmarks/runs.html", context)


@require_safe
def run_list_json(request: HttpRequest) -> HttpResponse:
    """Return a page of runs."""
    page = _read_runs(request, viewer_of(request), _read_limit(request))
    return json_response({"items": page.rows, "next_cursor": page.next_cursor})


@require_safe
def run_list_csv(request: HttpRequest) -> HttpResponse:
    """Return a page of runs as CSV."""
    page = _read_runs(request, viewer_of(request), _read_limit(request))
    after = _next_href(request, page.next_cursor)
    return csv_response("runs", RUN_COLUMNS, page.rows, next_url=after)


@require_safe
def run_page(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Show how a run stands and a page of its samples."""
    viewer = viewer_of(request)
    detail = get_run(viewer, run_id)
    page = _read_results(request, viewer, run_id, SAMPLES_A_PAGE, newest_first=True)
    context = {
        "run": detail.run,
        "may_cancel": may_cancel(viewer, detail.run),
        "may_resume": may_resume(viewer, detail.run),
        "manifest": detail.manifest,
        "results": page.rows,
        "verdicts": verdict_choices(request, request.GET.get("verdict", "")),
        "model_id": request.GET.get("model", ""),
        "is_first_page": "cursor" not in request.GET,
        "next_href": _next_href(request, page.next_cursor),
    }
    only_run = request.headers.get("HX-Target") == "run"
    name = "benchmarks/_run.html" if only_run else "benchmarks/run.html"
    response = render(request, name, context)
    response["Vary"] = "HX-Target, Cookie"
    return response


@require_safe
def run_json(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Return a run, its manifest and a page of its results."""
    viewer = viewer_of(request)
    detail = get_run(viewer, run_id)
    page = _read_results(request, viewer, run_id, _read_limit(request))
    return json_response(
        {
            "run": detail.run,
            "manifest": detail.manifest,
            "results": {"items": page.rows, "next_cursor": page.next_cursor},
        }
    )


@require_safe
def run_csv(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Return a page of a run's results as CSV."""
    page = _read_results(request, viewer_of(request), run_id, _read_limit(request))
    after = _next_href(request, page.next_cursor)
    return csv_response(f"run-{run_id}", RESULT_COLUMNS, page.rows, next_url=after)


@require_safe
def sample_page(request: HttpRequest, run_id: UUID, result_id: UUID) -> HttpResponse:
    """Show one sample whole: what was asked, what came back, how it was judged."""
    viewer = viewer_of(request)
    detail = get_result(viewer, run_id, result_id)
    result = detail.result
    context = {
        "result": result,
        "attempts": detail.attempts,
        "answer": readable(result.answer),
        "prompt": readable(result.prompt),
    }
    fragment = request.headers.get("HX-Request") == "true"
    if not fragment:
        context["run"] = get_run(viewer, run_id).run
    name = "benchmarks/_sample.html" if fragment else "benchmarks/sample.html"
    response = render(request, name, context)
    response["Vary"] = "HX-Request, Cookie"
    return response


def _read_runs(request: HttpRequest, viewer: Viewer, limit: int) -> RunPage:
    return list_runs(
        viewer,
        suite_slug=request.GET.get("suite") or None,
        status=read_choice(request, "status", STATUSES, "") or None,
        model_id=read_id(request, "model"),
        cursor=read_cursor(request),
        limit=limit,
    )


def _read_results(
    request: HttpRequest,
    viewer: Viewer,
    run_id: UUID,
    limit: int,
    *,
    newest_first: bool = False,
) -> ResultPage:
    return list_results(
        viewer,
        run_id,
        cursor=read_cursor(request),
        limit=limit,
        verdict=read_choice(request, "verdict", VERDICTS, "") or None,
        model=read_id(request, "model"),
        newest_first=newest_first,
    )


def _read_limit(request: HttpRequest) -> int:
    return read_number(request, "limit", TWIN_ROWS, low=1, high=TWIN_ROWS)


def _next_href(request: HttpRequest, cursor: UUID | None) -> str:
    return with_query(request, cursor=str(cursor)) if cursor else ""
