"""One model: what it is and how it did over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from apps.accounts.viewers import viewer_of
from apps.benchmarks.selectors.history import get_model_history
from apps.benchmarks.web.boards import period_choices, read_period
from apps.catalog.selectors.models import get_model
from apps.core.web.twins import csv_response, json_response, plain

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from apps.benchmarks.selectors.history import HistoryDay, ModelHistory

LONG_PERIOD = "30d"
SHOWN_RUNS = 20
SHOWN_DAYS = 120
HISTORY_COLUMNS = (
    "day",
    "suite_slug",
    "suite_version",
    "mean",
    "ci_low",
    "ci_high",
    "n",
    "samples",
    "unscored",
    "cost_per_task",
    "latency_p50_ms",
    "latency_p95_ms",
    "last_run_id",
)


@require_safe
def model_page(request: HttpRequest, model_id: UUID) -> HttpResponse:
    """Show a model's facts, its history and how it did by family."""
    model = get_model(model_id)
    history = _read_history(request, model_id)
    context = {
        "model": model,
        "history": history,
        "days": history.days[-SHOWN_DAYS:][::-1],
        "runs": history.runs[:SHOWN_RUNS],
        "series": _to_series(history.days),
        "periods": period_choices(request, history.period),
    }
    return render(request, "benchmarks/model.html", context)


@require_safe
def history_json(request: HttpRequest, model_id: UUID) -> HttpResponse:
    """Return the history as the REST API does."""
    get_model(model_id)
    return json_response(_read_history(request, model_id))


@require_safe
def history_csv(request: HttpRequest, model_id: UUID) -> HttpResponse:
    """Return the days of the history."""
    model = get_model(model_id)
    history = _read_history(request, model_id)
    return csv_response(f"history-{model.name}", HISTORY_COLUMNS, history.days)


def _read_history(request: HttpRequest, model_id: UUID) -> ModelHistory:
    period = read_period(request, LONG_PERIOD)
    viewer = viewer_of(request)
    return get_model_history(viewer, model_id, period=period, now=timezone.now())


def _to_series(days: tuple[HistoryDay, ...]) -> object:
    """Return one line for each suite version, as the chart draws it."""
    series: dict[str, list[HistoryDay]] = {}
    for day in days:
        if day.mean is not None:
            series.setdefault(f"{day.suite_slug} v{day.suite_version}", []).append(day)
    return plain(
        [
            {
                "name": name,
                "days": [day.day for day in found],
                "means": [day.mean for day in found],
                "lows": [day.ci_low for day in found],
                "highs": [day.ci_high for day in found],
                "counts": [day.n for day in found],
            }
            for name, found in series.items()
        ]
    )
