"""The page of a workspace's usage: a drawing, its table, and the twins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from apps.accounts.domain.usage import DEFAULT_PERIOD, PERIODS
from apps.accounts.selectors.usage import get_quota, get_usage
from apps.accounts.viewers import viewer_of, workspace_of
from apps.accounts.web.tabs import workspace_context
from apps.core.web.queries import read_choice, with_query
from apps.core.web.twins import csv_response, json_response

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from apps.accounts.domain.usage import Usage, UsageStep

VIEW = "workspace-usage"
WIDTH, HEIGHT = 720, 160
COLUMNS = (
    "key",
    "key_id",
    "method",
    "route",
    "calls",
    "refused",
    "limited",
    "failed",
    "mean_ms",
    "bytes",
)


@dataclass(frozen=True, slots=True)
class Bar:
    """One step of the drawing: where it stands, and how high its two parts are."""

    step: UsageStep
    x: float
    width: float
    top: float
    good_height: float
    bad_top: float
    bad_height: float


@login_required
@require_safe
def usage_page(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    """Show what was used, and what is left of this hour."""
    workspace = workspace_of(request, workspace_id)
    usage = _read(request, workspace_id)
    most = max((step.calls for step in usage.steps), default=0)
    context = workspace_context(workspace, VIEW) | {
        "usage": usage,
        "bars": draw(usage),
        "most": most,
        "quota": get_quota(workspace_id, now=usage.until),
        "width": WIDTH,
        "height": HEIGHT,
        "periods": [
            (name, with_query(request, period=name), name == usage.period)
            for name in PERIODS
        ],
    }
    return render(request, "accounts/usage.html", context)


@login_required
@require_safe
def usage_json(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    """Return the whole of it, as the account API does."""
    return json_response(_read(request, workspace_id))


@login_required
@require_safe
def usage_csv(request: HttpRequest, workspace_id: UUID) -> HttpResponse:
    """Return the lines by key and endpoint."""
    usage = _read(request, workspace_id)
    return csv_response(f"usage-{usage.period}", COLUMNS, usage.lines)


def draw(usage: Usage) -> list[Bar]:
    """Return the bars of a drawing of `WIDTH` by `HEIGHT`."""
    most = max((step.calls for step in usage.steps), default=0) or 1
    room = WIDTH / max(1, len(usage.steps))
    bars = []
    for index, step in enumerate(usage.steps):
        good = HEIGHT * step.answered / most
        bad = HEIGHT * (step.calls - step.answered) / most
        bars.append(
            Bar(
                step=step,
                x=round(index * room + room * 0.1, 2),
                width=round(room * 0.8, 2),
                top=round(HEIGHT - good, 2),
                good_height=round(good, 2),
                bad_top=round(HEIGHT - good - bad, 2),
                bad_height=round(bad, 2),
            )
        )
    return bars


def _read(request: HttpRequest, workspace_id: UUID) -> Usage:
    period = read_choice(request, "period", tuple(PERIODS), DEFAULT_PERIOD)
    viewer = viewer_of(request)
    return get_usage(viewer, workspace_id, period=period, now=timezone.now())
