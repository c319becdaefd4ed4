"""The list of predictions, with its twins."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

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
    MOST_COUNTED,
    OUTCOME_COLUMNS,
    count_predictions,
    get_experiment,
    list_predictions,
)
from apps.predictions.web.narrowing import list_chips, read_filter
from apps.predictions.web.reading import NATURES

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from apps.predictions.selectors.filters import PredictionFilter
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


class Asked(TypedDict):
    """Which predictions an address asks for."""

    experiment_id: UUID | None
    market_id: UUID | None
    status: BenchmarkStatus | None
    wanted: PredictionFilter


@require_safe
def prediction_list(request: HttpRequest) -> HttpResponse:
    """Show predictions, newest first: all, or those that a figure counts."""
    viewer, asked = viewer_of(request), _asked(request)
    page = _read(request, PREDICTIONS_A_PAGE)
    experiment_id, market_id = asked["experiment_id"], asked["market_id"]
    wanted, after = asked["wanted"], page.next_cursor
    nature = wanted.nature.value if wanted.nature else ""
    context = {
        "predictions": page.rows,
        "total": count_predictions(viewer, **asked),
        "most_counted": MOST_COUNTED,
        "experiment": get_experiment(viewer, experiment_id) if experiment_id else None,
        "market": get_market(market_id) if market_id else None,
        "statuses": link_choices(
            request, "status", STATUSES, request.GET.get("status", "")
        ),
        "natures": link_choices(request, "nature", {"": "all", **NATURES}, nature),
        "chips": list_chips(request, wanted),
        "kept": [
            (name, value)
            for name, value in request.GET.items()
            if name not in {"q", "cursor"}
        ],
        "words": wanted.query,
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
    return list_predictions(
        viewer_of(request),
        **_asked(request),
        cursor=read_id(request, "cursor"),
        limit=read_number(request, "limit", most, low=1, high=most),
    )


def _asked(request: HttpRequest) -> Asked:
    status = read_choice(request, "status", tuple(STATUSES), "")
    return {
        "experiment_id": read_id(request, "experiment"),
        "market_id": read_id(request, "market"),
        "status": BenchmarkStatus(status) if status else None,
        "wanted": read_filter(request),
    }
