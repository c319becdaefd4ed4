"""The leaderboard page, its twins, and the results behind each of its lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from apps.accounts.viewers import viewer_of
from apps.benchmarks.selectors.leaderboard import MOST_PAIRS
from apps.benchmarks.selectors.suites import list_suite_names
from apps.benchmarks.web.boards import (
    SHOWN_PAIRS,
    board_context,
    read_board,
    wants_board_only,
)
from apps.core.web.queries import read_choice
from apps.core.web.twins import csv_response, json_response

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

DEFAULT_SUITE = "starter"
PAIRS_WANTED = ("top", "all")
CSV_COLUMNS = (
    "rank_low",
    "rank_high",
    "model",
    "display_name",
    "mean",
    "ci_low",
    "ci_high",
    "n",
    "samples",
    "unscored",
    "cost_per_task",
    "latency_p50_ms",
    "latency_p95_ms",
    "input_tokens",
    "output_tokens",
    "last_run_id",
    "last_result_at",
    "least_detectable_difference",
    "model_id",
)


@require_safe
def default_leaderboard(request: HttpRequest) -> HttpResponse:
    """Lead to the first suite's leaderboard; without a suite, to the start page."""
    slugs = [one.slug for one in list_suite_names(viewer_of(request))]
    if not slugs:
        return redirect("home")
    slug = DEFAULT_SUITE if DEFAULT_SUITE in slugs else slugs[0]
    return redirect("leaderboard", slug=slug)


@require_safe
def leaderboard_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a suite's leaderboard, or only its table where that is asked for."""
    viewer = viewer_of(request)
    board = read_board(request, viewer, slug, most_pairs=SHOWN_PAIRS)
    only_board = wants_board_only(request)
    suites = () if only_board else list_suite_names(viewer)
    page = "benchmarks/_board.html" if only_board else "benchmarks/leaderboard.html"
    response = render(request, page, board_context(request, viewer, board, suites))
    response["Vary"] = "HX-Target, Cookie"
    return response


@require_safe
def leaderboard_json(request: HttpRequest, slug: str) -> HttpResponse:
    """Return the leaderboard as the REST API does."""
    wanted = read_choice(request, "pairs", PAIRS_WANTED, "top")
    most_pairs = None if wanted == "all" else MOST_PAIRS
    viewer = viewer_of(request)
    return json_response(read_board(request, viewer, slug, most_pairs=most_pairs))


@require_safe
def leaderboard_csv(request: HttpRequest, slug: str) -> HttpResponse:
    """Return the leaderboard's lines."""
    board = read_board(request, viewer_of(request), slug, most_pairs=0)
    return csv_response(f"leaderboard-{slug}", CSV_COLUMNS, board.rows)
