"""The leaderboard of experiments, with its twins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone
from django.views.decorators.http import require_safe

from apps.accounts.viewers import viewer_of
from apps.core.web.queries import (
    link_choices,
    page_links,
    read_choice,
    read_number,
    with_query,
)
from apps.core.web.twins import csv_response, json_response
from apps.markets.selectors.listing import count_markets
from apps.predictions.domain.standings import MIN_EVENTS
from apps.predictions.selectors.filters import PredictionFilter
from apps.predictions.selectors.leaderboard import (
    BoardSort,
    get_leaderboard,
    has_active,
)
from apps.predictions.selectors.predictions import list_predictions
from apps.predictions.selectors.revisions import read_board_revision
from apps.predictions.services.daily_asks import choose_daily_models
from apps.predictions.web.moving import render_moving
from apps.predictions.web.reading import NATURES, read_nature

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import HttpRequest, HttpResponse

    from apps.predictions.selectors.leaderboard import Board, BoardRow

ROWS_A_PAGE = 20
SORTS = tuple(sort.value for sort in BoardSort)
TIMES = {"": "Predicted in time", "yes": "Backtests"}
# Heading, the order that it sorts by (none: ""), and how it is set.
_COLUMNS = (
    ("Rank", "", ""),
    ("Experiment", "", ""),
    ("Skill over the market, 95 % interval", "skill", "right"),
    ("Predictions", "", "right"),
    ("Against the market", "", ""),
    ("Went its way", "convergence", "right"),
    ("Confidence tells", "confidence", "right"),
    ("Copies", "", "right"),
    ("Last prediction", "recent", "right"),
)
CSV_COLUMNS = (
    "rank_low",
    "rank_high",
    "experiment",
    "title",
    "shrunken_skill",
    "skill",
    "skill_low",
    "skill_high",
    "is_provisional",
    "n",
    "events",
    "published_at",
    "published_afterwards",
    "beats_market",
    "beats_market_p",
    "settled",
    "settled_events",
    "public_events",
    "settled_skill",
    "settled_low",
    "settled_high",
    "waiting",
    "interim_skill",
    "predictions",
    "void",
    "copier_share",
    "price_shown",
    "brier",
    "market_brier",
    "log_score",
    "convergence",
    "convergence_rate",
    "direction_excess",
    "direction_p",
    "confidence_rho",
    "confidence_n",
    "attempts",
    "refusals",
    "cost",
    "last_predicted_at",
    "computed_at",
    "experiment_id",
    "nature",
)


@dataclass(frozen=True, slots=True)
class Header:
    """One column's heading: a link where one can sort by it."""

    label: str
    key: str
    href: str
    is_sorted: bool
    css: str


@dataclass(frozen=True, slots=True)
class Start:
    """What there is where a board has no rows: predictions, markets, daily askings."""

    has_predictions: bool
    markets: int
    asked_daily: tuple[str, ...]
    daily_markets: int


@require_safe
def board_page(request: HttpRequest) -> HttpResponse:
    """Show where experiments stand, or only their table where that is asked for."""
    # Before the board, so that what is computed in between is asked for again.
    revision = read_board_revision()
    board = read_board(request)
    context = board_context(request, board)
    now = timezone.now()
    context |= {
        "revision": revision,
        "as_of": now,
        "is_stale": board.is_old(now) and has_active(board.nature),
    }
    return render_moving(request, "board", context)


@require_safe
def board_json(request: HttpRequest) -> HttpResponse:
    """Return the whole board."""
    return json_response(read_board(request))


@require_safe
def board_csv(request: HttpRequest) -> HttpResponse:
    """Return the board's lines."""
    board = read_board(request)
    name = f"predictions-{board.nature.value}"
    return csv_response(name, CSV_COLUMNS, board.rows)


def read_board(request: HttpRequest) -> Board:
    """Return the board that the address asks for; silent, of a nature that has some.

    Raises:
        InvalidInputError: it asks for an unknown order or nature.
    """
    return get_leaderboard(
        viewer_of(request),
        sort=BoardSort(read_choice(request, "sort", SORTS, BoardSort.SKILL.value)),
        nature=read_nature(request),
        is_backtest=read_choice(request, "backtest", tuple(TIMES), "") == "yes",
    )


def board_context(request: HttpRequest, board: Board) -> dict[str, object]:
    """Return what the table and the switches above it show."""
    pages = max(1, -(-len(board.rows) // ROWS_A_PAGE))
    number = read_number(request, "page", 1, low=1, high=pages)
    start = (number - 1) * ROWS_A_PAGE
    rows = board.rows[start : start + ROWS_A_PAGE]
    nature = board.nature.value
    twins = with_query(request, page=None, nature=nature).removeprefix(request.path)
    return {
        "board": board,
        "rows": rows,
        "limit": find_limit(rows),
        "least_events": MIN_EVENTS,
        "headers": [_header(request, *column, board.sort) for column in _COLUMNS],
        "natures": link_choices(request, "nature", NATURES, nature),
        # The other board has its own nature to open on.
        "times": link_choices(
            request, "backtest", TIMES, "yes" if board.is_backtest else "", nature=None
        ),
        "start": None if board.rows else _read_start(request, board),
        "twin_query": twins,
        **page_links(request, number, pages),
    }


def _read_start(request: HttpRequest, board: Board) -> Start:
    wanted = PredictionFilter(is_backtest=board.is_backtest)
    found = list_predictions(viewer_of(request), wanted=wanted, limit=1)
    return Start(
        has_predictions=bool(found.rows),
        markets=count_markets(timezone.now()).total,
        asked_daily=choose_daily_models(),
        daily_markets=settings.ASK_DAILY_MARKETS,
    )


def find_limit(rows: Sequence[BoardRow]) -> float:
    """Return how far the axis of skill must reach to either side."""
    ends = [abs(end) for row in rows for end in (row.skill_low, row.skill_high) if end]
    return max(ends, default=0.0)


def _header(
    request: HttpRequest, label: str, key: str, css: str, sort: BoardSort
) -> Header:
    href = with_query(request, sort=key, page=None) if key else ""
    return Header(label, key, href, key == sort.value, css)
