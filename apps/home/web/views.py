"""The start page, search and the pages that explain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.views.decorators.http import require_safe

from apps.accounts.viewers import viewer_of
from apps.benchmarks.selectors.search import MOST_FOUND, Hit, search_all
from apps.benchmarks.selectors.suites import list_suite_names
from apps.benchmarks.web.boards import (
    SHOWN_PAIRS,
    board_context,
    read_board,
    wants_board_only,
)
from apps.benchmarks.web.leaderboard import DEFAULT_SUITE
from apps.markets.selectors.listing import MarketFilter, list_markets
from apps.predictions.selectors.predictions import list_experiments

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from django.http import HttpRequest, HttpResponse

    from apps.accounts.selectors.workspaces import Viewer

LONGEST_QUERY = 100


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One operation of the REST API, as its description tells it."""

    address: str
    summary: str
    parameters: tuple[str, ...]


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Say what Assay is, above the leaderboard of the default suite."""
    viewer = viewer_of(request)
    suites = list_suite_names(viewer)
    slugs = [one.slug for one in suites]
    context: dict[str, object] = {}
    if slugs:
        slug = DEFAULT_SUITE if DEFAULT_SUITE in slugs else slugs[0]
        board = read_board(request, viewer, slug, most_pairs=SHOWN_PAIRS)
        context = board_context(request, viewer, board, suites)
    only_board = bool(slugs) and wants_board_only(request)
    name = "benchmarks/_board.html" if only_board else "home/index.html"
    response = render(request, name, context)
    response["Vary"] = "HX-Target, Cookie"
    return response


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Find models, suites, tasks, experiments and markets by a part of their names."""
    text = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST_QUERY]
    viewer = viewer_of(request)
    found = search_all(viewer, text) if text else None
    experiments = _find_experiments(viewer, text) if text else []
    markets = _find_markets(text) if text else []
    context = {
        "search_text": text,
        "found": found,
        "experiments": experiments,
        "markets": markets,
        "is_empty": not (experiments or markets or (found and not found.is_empty)),
        "most": MOST_FOUND,
    }
    return render(request, "home/search.html", context)


def _find_experiments(viewer: Viewer, text: str) -> list[Hit]:
    page = list_experiments(viewer, query=text, limit=MOST_FOUND)
    return [
        Hit(f"/predictions/experiments/{one.id}/", one.label, one.name)
        for one in page.rows
    ]


def _find_markets(text: str) -> list[Hit]:
    page = list_markets(MarketFilter(query=text), limit=MOST_FOUND)
    return [
        Hit(
            f"/markets/{one.id}/",
            one.question,
            f"{one.venue_name}, {one.nature.value}, {one.status.value}",
        )
        for one in page.rows
    ]


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    """Explain the method."""
    return render(request, "home/about.html")


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """Lead to the mark, for pages such as the admin's that do not name it."""
    return redirect(static("img/mark.svg"))


@require_safe
def api_index(
    request: HttpRequest, describe: Callable[[], Mapping[str, Any]]
) -> HttpResponse:
    """List the endpoints of the REST API from its own description."""
    endpoints = [
        Endpoint(
            address=f"{method.upper()} {path}",
            summary=operation.get("description", operation["summary"]).replace("`", ""),
            parameters=tuple(one["name"] for one in operation.get("parameters", [])),
        )
        for path, methods in describe()["paths"].items()
        for method, operation in methods.items()
    ]
    return render(request, "home/api.html", {"endpoints": endpoints})
