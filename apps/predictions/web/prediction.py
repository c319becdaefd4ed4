"""One prediction: its price hour by hour, its metrics, and what stands behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.viewers import viewer_of
from apps.core.errors import ConflictError, ForbiddenError
from apps.core.web.queries import link_choices, page_links, read_number, with_query
from apps.core.web.twins import csv_response, json_response
from apps.markets.domain.markets import QuoteFlag
from apps.markets.selectors.settlements import find_settlement
from apps.predictions.domain.hours import hour_of
from apps.predictions.domain.words import BenchmarkStatus
from apps.predictions.selectors.evidence import find_neighbours, list_attempts
from apps.predictions.selectors.health import GRACE
from apps.predictions.selectors.predictions import get_prediction, may_write
from apps.predictions.selectors.snapshots import list_snapshots
from apps.predictions.services.steering import pause_prediction, resume_prediction
from apps.predictions.web.drawings import draw_prediction
from apps.predictions.web.moving import render_moving
from apps.predictions.web.reading import PERIODS, read_since

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from apps.predictions.selectors.predictions import PredictionRow
    from apps.predictions.selectors.snapshots import SnapshotRow

MOST_HOURS = 720
HOURS_A_PAGE = 12
# How much of a long text a page shows at once.
MOST_TEXT = 3_000
SNAPSHOT_COLUMNS = (
    "hour",
    "snapshot_at",
    "observed_at",
    "market_price_yes",
    "market_price_no",
    "spread",
    "flag_words",
    "source",
    "market_closed",
    "market_resolved",
    "predicted_probability",
    "predicted_confidence",
    "abs_delta",
    "movement_direction",
    "convergence_rate",
    "cumulative_convergence",
    "convergence_percentage",
    "convergence_1h",
    "convergence_6h",
    "convergence_24h",
    "convergence_7d",
    "interim_skill",
    "hours_since_prediction",
    "nature",
)


@require_safe
def prediction_page(request: HttpRequest, prediction_id: UUID) -> HttpResponse:
    """Show a prediction with its hours, newest first."""
    viewer, now = viewer_of(request), timezone.now()
    prediction = get_prediction(viewer, prediction_id)
    period, since = read_since(
        request, prediction.summary.last_hour, now, oldest=prediction.created_at
    )
    rows = list_snapshots(prediction_id, since=since, limit=MOST_HOURS)
    pages = max(1, -(-len(rows) // HOURS_A_PAGE))
    number = read_number(request, "page", 1, low=1, high=pages)
    start = (number - 1) * HOURS_A_PAGE
    steerable = may_write(viewer, prediction.workspace_id)
    context = {
        "prediction": prediction,
        "as_of": now,
        "is_stale": _is_stale(prediction, now),
        "summary": prediction.summary,
        "difference": float(prediction.probability - prediction.market_price),
        "latest_flags": QuoteFlag(prediction.summary.latest_flags).words,
        "chart": draw_prediction(prediction, rows),
        "periods": link_choices(
            request, "period", {name: name for name in PERIODS}, period
        ),
        "twin_query": with_query(request, page=None).removeprefix(request.path),
        "lines": [
            (row, row.price_of(prediction.outcome))
            for row in rows[start : start + HOURS_A_PAGE]
        ],
        "settlement": find_settlement(prediction.market_id),
        "attempts": list_attempts(prediction_id),
        "neighbours": find_neighbours(prediction),
        "most_text": MOST_TEXT,
        "may_pause": steerable and prediction.status is BenchmarkStatus.ACTIVE,
        "may_resume": steerable and prediction.status is BenchmarkStatus.PAUSED,
        **page_links(request, number, pages),
    }
    return render_moving(request, "prediction", context)


@require_safe
def prediction_json(request: HttpRequest, prediction_id: UUID) -> HttpResponse:
    """Return a prediction, what became of it, and its hours."""
    prediction, rows = _read(request, prediction_id, timezone.now())
    return json_response(
        {
            "prediction": prediction,
            "settlement": find_settlement(prediction.market_id),
            "attempts": list_attempts(prediction_id),
            "snapshots": [_plain(row) for row in rows],
        }
    )


@require_safe
def prediction_csv(request: HttpRequest, prediction_id: UUID) -> HttpResponse:
    """Return a prediction's hours, newest first."""
    _, rows = _read(request, prediction_id, timezone.now())
    return csv_response(f"prediction-{prediction_id}", SNAPSHOT_COLUMNS, rows)


@require_POST
def pause(request: HttpRequest, prediction_id: UUID) -> HttpResponse:
    """Stop looking at a prediction every hour."""
    _require_power(request, prediction_id)
    try:
        pause_prediction(prediction_id=prediction_id, now=timezone.now())
    except ConflictError as error:
        messages.error(request, str(error))
    else:
        messages.success(
            request, "Paused: no hour is recorded until you resume it, which you may."
        )
    return redirect("prediction", prediction_id=prediction_id)


@require_POST
def resume(request: HttpRequest, prediction_id: UUID) -> HttpResponse:
    """Look at a prediction every hour again."""
    _require_power(request, prediction_id)
    try:
        resume_prediction(prediction_id=prediction_id, now=timezone.now())
    except ConflictError as error:
        messages.error(request, str(error))
    else:
        messages.success(
            request, "Resumed: the next hourly job looks at it; hours missed stay gaps."
        )
    return redirect("prediction", prediction_id=prediction_id)


def _read(
    request: HttpRequest, prediction_id: UUID, now: datetime
) -> tuple[PredictionRow, tuple[SnapshotRow, ...]]:
    prediction = get_prediction(viewer_of(request), prediction_id)
    _, since = read_since(
        request, prediction.summary.last_hour, now, oldest=prediction.created_at
    )
    return prediction, list_snapshots(prediction_id, since=since, limit=MOST_HOURS)


def _is_stale(prediction: PredictionRow, now: datetime) -> bool:
    """Whether it is to be looked at, and hours went by in which it was not."""
    summary = prediction.summary
    if prediction.status is not BenchmarkStatus.ACTIVE or summary.market_closed:
        return False
    newest = summary.last_hour or hour_of(prediction.created_at)
    return newest < hour_of(now - GRACE)


def _plain(row: SnapshotRow) -> dict[str, object]:
    named = {name: getattr(row, name) for name in SNAPSHOT_COLUMNS}
    named["flags"] = list(row.flags.words)
    del named["flag_words"]
    return named


def _require_power(request: HttpRequest, prediction_id: UUID) -> None:
    """Pass for whoever may steer a prediction.

    Raises:
        ForbiddenError: they may see it and no more.
        NotFoundError: they may not see it.
    """
    viewer = viewer_of(request)
    if not may_write(viewer, get_prediction(viewer, prediction_id).workspace_id):
        raise ForbiddenError(
            "Only staff, and members for their workspace's predictions, may do that."
        )
