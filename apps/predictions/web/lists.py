"""The list of predictions, with its twins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.accounts.viewers import viewer_of
from apps.core.web.queries import (
    link_choices,
    read_choice,
    read_id,
    read_number,
    with_query,
)
from apps.core.web.twins import csv_response, json_response
from apps.markets.selectors.markets import get_market
from apps.predictions.domain.words import BenchmarkStatus
from apps.predictions.selectors.predictions import (
    MAX_PAGE,
    OUTCOME_COLUMNS,
    get_experiment,
    list_predictions,
)

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from apps.predictions.selectors.predictions import PredictionPage

PREDICTIONS_A_PAGE = 30
STATUSES = {"": "all"} | {one.value: one.value.lower() for one in BenchmarkStatus}
COLUMNS = (
    "id",
    "experiment",
    "sequence",
    "market_id",
    "question",
    "venue",
    "nature",
    "outcome",
    "outcome_name",
    "probability",
    "confidence",
    "market_price",
    "market_price_shown",
    "cost",
    "reference",
    "status",
    "created_at",
    "content_hash",
    *OUTCOME_COLUMNS,
)


@require_safe
def prediction_list(request: HttpRequest) -> HttpResponse:
    """Show predictions, newest first: all, an experiment's or a market's."""
    page = _read(request, PREDICTIONS_A_PAGE)
    experiment_id, market_id = (
        read_id(request, "experiment"),
        read_id(request, "market"),
    )
    after = page.next_cursor
    context = {
        "predictions": page.rows,
        "experiment": (
            get_experiment(viewer_of(request), experiment_id) if experiment_id else None
        ),
        "market": get_market(market_id) if market_id else None,
        "statuses": link_choices(
            request, "status", STATUSES, request.GET.get("status", "")
        ),
        "next_href": with_query(request, cursor=str(after)) if after else "",
        "twin_query": with_query(request, cursor=None).removeprefix(request.path),
    }
    return render(request, "predictions/list.html", context)


@require_safe
def prediction_list_json(request: HttpRequest) -> HttpResponse:
    """Return a page of predictions with what became of each."""
    page = _read(request, MAX_PAGE)
    return json_response({"items": page.rows, "next_cursor": page.next_cursor})


@require_safe
def prediction_list_csv(request: HttpRequest) -> HttpResponse:
    """Return a page of predictions as CSV."""
    page = _read(request, MAX_PAGE)
    after = page.next_cursor
    next_url = with_query(request, cursor=str(after)) if after else ""
    return csv_response("predictions", COLUMNS, page.rows, next_url=next_url)


def _read(request: HttpRequest, most: int) -> PredictionPage:
    status = read_choice(request, "status", tuple(STATUSES), "")
    return list_predictions(
        viewer_of(request),
        experiment_id=read_id(request, "experiment"),
        market_id=read_id(request, "market"),
        status=BenchmarkStatus(status) if status else None,
        cursor=read_id(request, "cursor"),
        limit=read_number(request, "limit", most, low=1, high=most),
    )
