"""The audit log of a workspace and its twins."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.accounts.domain.audit import Act
from apps.accounts.domain.names import MOST_ADDRESS
from apps.accounts.domain.roles import Power
from apps.accounts.selectors.audit import AuditFilter, list_audit
from apps.accounts.viewers import viewer_of, workspace_of
from apps.accounts.web.tabs import workspace_context
from apps.core.errors import InvalidInputError
from apps.core.web.queries import read_choice, read_number, with_query
from apps.core.web.twins import csv_response, json_response

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from apps.accounts.selectors.audit import AuditPage

ACTS_A_PAGE = 50
TWIN_ROWS = 500
COLUMNS = ("id", "at", "act", "actor", "subject", "ip", "key_id", "details")
TAB = "workspace_audit"
LAST_YEAR = 9000
_ONE_DAY = timedelta(days=1)


@login_required
@require_safe
def audit_page(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    """Show what was done in a workspace, the newest first."""
    workspace = workspace_of(request, workspace_id, needs=Power.AUDIT)
    page = _read(request, workspace_id, ACTS_A_PAGE)
    filters = with_query(request, cursor=None)
    context = workspace_context(workspace, TAB) | {
        "events": page.rows,
        "acts": [(act.value, _words(act)) for act in Act],
        "act": request.GET.get("act", ""),
        "person": request.GET.get("person", ""),
        "since": request.GET.get("since", ""),
        "until": request.GET.get("until", ""),
        "is_filtered": any(
            request.GET.get(name) for name in ("act", "person", "since", "until")
        ),
        "is_first_page": "cursor" not in request.GET,
        "query": filters if filters.startswith("?") else "",
        "next_href": _next_href(request, page),
    }
    return render(request, "accounts/audit.html", context)


@login_required
@require_safe
def audit_json(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    """Return a page of acts."""
    page = _read(request, workspace_id, _read_limit(request))
    return json_response({"items": page.rows, "next_cursor": page.next_cursor})


@login_required
@require_safe
def audit_csv(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    """Return a page of acts as CSV."""
    page = _read(request, workspace_id, _read_limit(request))
    after = _next_href(request, page)
    return csv_response("audit", COLUMNS, page.rows, next_url=after)


def _read(request: HttpRequest, workspace_id: UUID, limit: int) -> AuditPage:
    workspace_of(request, workspace_id, needs=Power.AUDIT)
    act = read_choice(request, "act", [one.value for one in Act], "")
    until = _read_day(request, "until")
    return list_audit(
        viewer_of(request),
        workspace_id,
        wanted=AuditFilter(
            act=Act(act) if act else None,
            person=request.GET.get("person", "").strip()[:MOST_ADDRESS],
            since=_read_day(request, "since"),
            until=until + _ONE_DAY if until else None,
        ),
        cursor=_read_cursor(request),
        limit=limit,
    )


def _read_day(request: HttpRequest, name: str) -> datetime | None:
    """Return the midnight at which a day begins."""
    text = request.GET.get(name, "")
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise InvalidInputError(f"{name} is a day such as 2026-01-31.") from None
    if day.year > LAST_YEAR:
        raise InvalidInputError(f"{name} is too far ahead.")
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _read_cursor(request: HttpRequest) -> UUID | None:
    text = request.GET.get("cursor", "")
    try:
        return UUID(text) if text else None
    except ValueError:
        raise InvalidInputError("cursor is an identifier that a page gave.") from None


def _read_limit(request: HttpRequest) -> int:
    return read_number(request, "limit", TWIN_ROWS, low=1, high=TWIN_ROWS)


def _next_href(request: HttpRequest, page: AuditPage) -> str:
    if page.next_cursor is None:
        return ""
    return with_query(request, cursor=str(page.next_cursor))


def _words(act: Act) -> str:
    return act.value.replace(".", " ").replace("_", " ").capitalize()
