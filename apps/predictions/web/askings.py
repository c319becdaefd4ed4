"""Askings of models: a workspace's own, how each stands, and what failed."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.viewers import viewer_of
from apps.core.errors import AppError, ForbiddenError, InvalidInputError
from apps.core.web.queries import (
    link_choices,
    read_choice,
    read_id,
    read_number,
    with_query,
)
from apps.core.web.twins import csv_response, decimal_text, json_response
from apps.predictions.domain.words import AskStatus, AttemptOutcome, ItemStatus
from apps.predictions.selectors.ask_items import (
    ITEM_COLUMNS,
    MAX_PAGE,
    AskItemPage,
    list_ask_items,
)
from apps.predictions.selectors.ask_lines import RUN_COLUMNS, to_run_line
from apps.predictions.selectors.ask_runs import (
    AskRunPage,
    get_ask_run,
    list_ask_runs,
    may_cancel_ask,
    may_resume_ask,
)
from apps.predictions.selectors.predictions import get_experiment
from apps.predictions.services.ask_steering import cancel_ask, resume_own_ask
from apps.predictions.web.moving import render_moving

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from apps.accounts.selectors.workspaces import Viewer
    from apps.predictions.selectors.ask_runs import AskResult, AskRunRow

ASKINGS_A_PAGE = 20
NEWEST = 3
ITEMS_A_PAGE = 20
TWIN_ROWS = 100
STATUSES = {"": "all"} | {one.value: one.value for one in AskStatus}
ITEM_STATUSES = {"": "all"} | {one.value: one.value for one in ItemStatus}


@dataclass(frozen=True, slots=True)
class Part:
    """One model's part, with its counts by name and its answers without use."""

    result: AskResult
    counts: dict[str, int]
    troubles: list[tuple[str, int]]


@login_required
@require_safe
def asking_list(request: HttpRequest) -> HttpResponse:
    """Show the askings of one's workspaces, newest first; staff see all."""
    page = _read_runs(request, ASKINGS_A_PAGE)
    experiment_id = read_id(request, "experiment")
    context = {
        "askings": page.rows,
        "as_of": timezone.now(),
        "experiment": (
            get_experiment(viewer_of(request), experiment_id) if experiment_id else None
        ),
        "statuses": link_choices(
            request, "status", STATUSES, request.GET.get("status", "")
        ),
        "next_href": _after(request, page.next_cursor),
        "twin_query": with_query(request, cursor=None).removeprefix(request.path),
    }
    return render(request, "predictions/askings.html", context)


@login_required
@require_safe
def asking_list_json(request: HttpRequest) -> HttpResponse:
    """Return a page of askings, each with its models' parts."""
    page = _read_runs(request, TWIN_ROWS)
    return json_response({"items": page.rows, "next_cursor": page.next_cursor})


@login_required
@require_safe
def asking_list_csv(request: HttpRequest) -> HttpResponse:
    """Return a page of askings as CSV, a line for each."""
    page = _read_runs(request, TWIN_ROWS)
    lines = [to_run_line(row) for row in page.rows]
    after = _after(request, page.next_cursor)
    return csv_response("askings", RUN_COLUMNS, lines, next_url=after)


@login_required
@require_safe
def asking_page(request: HttpRequest, asking_id: UUID) -> HttpResponse:
    """Show how an asking stands, model by model and market by market."""
    viewer = viewer_of(request)
    row = get_ask_run(viewer, asking_id)
    page = _read_items(request, asking_id, ITEMS_A_PAGE)
    context = {
        "asking": row,
        "as_of": timezone.now(),
        "counts": _by_name(row.items),
        "parts": [_to_part(one) for one in row.results],
        "outcome": "second" if row.outcome else "first",
        "may_cancel": row.is_active and may_cancel_ask(viewer, row),
        "may_resume": row.can_resume and may_resume_ask(viewer, row),
        "limit": "" if row.max_cost is None else decimal_text(row.max_cost),
        "items": page.rows,
        "statuses": link_choices(
            request, "status", ITEM_STATUSES, request.GET.get("status", "")
        ),
        "is_first_page": "cursor" not in request.GET,
        "next_href": _after(request, page.next_cursor),
        "twin_query": with_query(request, cursor=None).removeprefix(request.path),
    }
    return render_moving(request, "asking", context)


@login_required
@require_safe
def asking_json(request: HttpRequest, asking_id: UUID) -> HttpResponse:
    """Return an asking and a page of what it is to bring."""
    row = get_ask_run(viewer_of(request), asking_id)
    page = _read_items(request, asking_id, MAX_PAGE)
    return json_response(
        {
            "asking": row,
            "cost": row.cost,
            "markets": {"items": page.rows, "next_cursor": page.next_cursor},
        }
    )


@login_required
@require_safe
def asking_csv(request: HttpRequest, asking_id: UUID) -> HttpResponse:
    """Return a page of what an asking is to bring, a line for a model and a market."""
    get_ask_run(viewer_of(request), asking_id)
    page = _read_items(request, asking_id, MAX_PAGE)
    after = _after(request, page.next_cursor)
    return csv_response(f"asking-{asking_id}", ITEM_COLUMNS, page.rows, next_url=after)


@login_required
@require_POST
def cancel(request: HttpRequest, asking_id: UUID) -> HttpResponse:
    """Ask no more; what is answered is kept."""
    viewer = viewer_of(request)
    if not may_cancel_ask(viewer, get_ask_run(viewer, asking_id)):
        raise ForbiddenError("Only staff, and members who may run, may do that.")
    now = timezone.now()
    try:
        cancel_ask(run_id=asking_id, reason="Cancelled from the page.", now=now)
    except AppError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "The asking is cancelled; what is answered is kept.")
    return redirect("asking", asking_id=asking_id)


@login_required
@require_POST
def resume(request: HttpRequest, asking_id: UUID) -> HttpResponse:
    """Take an asking up again where it ended."""
    viewer = viewer_of(request)
    if not may_resume_ask(viewer, get_ask_run(viewer, asking_id)):
        raise ForbiddenError("Only members who may run can resume their askings.")
    try:
        limit = _read_limit(request)
        resume_own_ask(run_id=asking_id, max_cost=limit, now=timezone.now())
    except AppError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "The asking goes on; only what is missing is asked.")
    return redirect("asking", asking_id=asking_id)


def _read_limit(request: HttpRequest) -> Decimal | None:
    text = request.POST.get("max_cost", "").strip()
    try:
        return Decimal(text) if text else None
    except InvalidOperation:
        raise InvalidInputError(
            f"The cost limit is {text[:40]!r}; write US dollars such as 0.50."
        ) from None


def newest_askings(viewer: Viewer, experiment_id: UUID) -> tuple[AskRunRow, ...]:
    """Return the newest askings for an experiment that this viewer may see."""
    if not viewer.is_staff and not viewer.workspace_ids:
        return ()
    return list_ask_runs(viewer, experiment_id=experiment_id, limit=NEWEST).rows


def _to_part(one: AskResult) -> Part:
    troubles = [
        (outcome.value.replace("_", " "), number)
        for outcome, number in one.attempts.items()
        if number and outcome is not AttemptOutcome.OK
    ]
    return Part(one, _by_name(one.items), troubles)


def _by_name(items: Mapping[ItemStatus, int]) -> dict[str, int]:
    return {status.value: number for status, number in items.items()}


def _read_runs(request: HttpRequest, most: int) -> AskRunPage:
    status = read_choice(request, "status", tuple(STATUSES), "")
    return list_ask_runs(
        viewer_of(request),
        experiment_id=read_id(request, "experiment"),
        status=AskStatus(status) if status else None,
        cursor=read_id(request, "cursor"),
        limit=read_number(request, "limit", most, low=1, high=most),
    )


def _read_items(request: HttpRequest, asking_id: UUID, most: int) -> AskItemPage:
    status = read_choice(request, "status", tuple(ITEM_STATUSES), "")
    return list_ask_items(
        viewer_of(request),
        asking_id,
        status=ItemStatus(status) if status else None,
        cursor=read_id(request, "cursor"),
        limit=read_number(request, "limit", most, low=1, high=most),
    )


def _after(request: HttpRequest, cursor: UUID | None) -> str:
    return with_query(request, cursor=str(cursor)) if cursor else ""
