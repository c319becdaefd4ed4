"""The results behind each line of a leaderboard, with their twins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from apps.accounts.viewers import viewer_of
from apps.benchmarks.selectors.evidence import Evidence, get_evidence
from apps.benchmarks.selectors.leaderboard import get_board_version
from apps.benchmarks.web.boards import period_choices, read_period, read_version
from apps.benchmarks.web.reading import VERDICTS, read_cursor, verdict_choices
from apps.benchmarks.web.runs import RESULT_COLUMNS, TWIN_ROWS
from apps.catalog.selectors.models import get_model
from apps.core.web.queries import read_choice, read_number, with_query
from apps.core.web.twins import csv_response, json_response

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from apps.benchmarks.selectors.suites import SuiteVersionRow

SAMPLES_A_PAGE = 20


@require_safe
def evidence_page(request: HttpRequest, slug: str, model_id: UUID) -> HttpResponse:
    """Show the stored results that one line of the leaderboard counts."""
    version, evidence = _read(request, slug, model_id, SAMPLES_A_PAGE)
    context = {
        "suite": version,
        "model": get_model(model_id),
        "period": read_period(request),
        "periods": period_choices(request, read_period(request)),
        "verdicts": verdict_choices(request, _read_verdict(request)),
        "evidence": evidence,
        "results": evidence.page.rows,
        "next_href": _next_href(request, evidence),
        "twin_query": with_query(request).removeprefix(request.path),
    }
    return render(request, "benchmarks/evidence.html", context)


@require_safe
def evidence_json(request: HttpRequest, slug: str, model_id: UUID) -> HttpResponse:
    """Return the counts, and a page of the results behind them."""
    version, evidence = _read(request, slug, model_id, _read_limit(request))
    return json_response(
        {
            "suite_slug": version.suite_slug,
            "suite_version": version.number,
            "model_id": model_id,
            "period": read_period(request),
            "passed": evidence.passed,
            "failed": evidence.failed,
            "unscored": evidence.unscored,
            "items": evidence.page.rows,
            "next_cursor": evidence.page.next_cursor,
        }
    )


@require_safe
def evidence_csv(request: HttpRequest, slug: str, model_id: UUID) -> HttpResponse:
    """Return a page of the results as CSV."""
    _, evidence = _read(request, slug, model_id, _read_limit(request))
    after = _next_href(request, evidence)
    rows = evidence.page.rows
    return csv_response(f"evidence-{slug}", RESULT_COLUMNS, rows, next_url=after)


def _read(
    request: HttpRequest, slug: str, model_id: UUID, limit: int
) -> tuple[SuiteVersionRow, Evidence]:
    now, period = timezone.now(), read_period(request)
    version = get_board_version(
        viewer_of(request), slug, period=period, version=read_version(request), now=now
    )
    get_model(model_id)
    evidence = get_evidence(
        version,
        model_id,
        now=now,
        period=period,
        verdict=_read_verdict(request) or None,
        cursor=read_cursor(request),
        limit=limit,
    )
    return version, evidence


def _read_verdict(request: HttpRequest) -> str:
    return read_choice(request, "verdict", VERDICTS, "")


def _read_limit(request: HttpRequest) -> int:
    return read_number(request, "limit", TWIN_ROWS, low=1, high=TWIN_ROWS)


def _next_href(request: HttpRequest, evidence: Evidence) -> str:
    after = evidence.page.next_cursor
    return with_query(request, cursor=str(after)) if after else ""
