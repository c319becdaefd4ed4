"""What the leaderboard shows around its rows: sorting, periods, suites, pairs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.utils import timezone

from apps.accounts.viewers import entitlements_of, require_days
from apps.benchmarks.domain.periods import DEFAULT_PERIOD, PERIODS, longest_within
from apps.benchmarks.selectors.leaderboard import (
    SORTS,
    Leaderboard,
    get_leaderboard,
    tells,
)
from apps.benchmarks.selectors.runs import list_active_runs
from apps.core.web.problems import wants_problem
from apps.core.web.queries import (
    Choice,
    page_links,
    read_choice,
    read_number,
    with_query,
)

if TYPE_CHECKING:
    from django.http import HttpRequest

    from apps.accounts.selectors.workspaces import Viewer
    from apps.benchmarks.selectors.suites import SuiteName
    from apps.core.domain.comparison import PairComparison

SHOWN_PAIRS = 10
ROWS_A_PAGE = 20
MAX_VERSION = 2**31 - 1
# What a page hides, for `partials/hidden_history.html`.
HIDDEN = "ASSAY_HIDDEN_HISTORY"
_TESTS = {
    "mcnemar": "exact McNemar",
    "paired-t": "paired t",
    "clustered-t": "t over families",
    "sign": "sign",
    "none": "none possible",
}
# Label, and the direction in which the column is sorted unless reversed.
_COLUMNS = {
    "rank": ("Rank", "ascending"),
    "model": ("Model", "ascending"),
    "score": ("Score, 95 % interval", "descending"),
    "n": ("Tasks", "descending"),
    "unscored": ("Unscored", "descending"),
    "cost": ("Cost per task", "ascending"),
    "p50": ("p50", "ascending"),
    "p95": ("p95", "ascending"),
    "tokens": ("Tokens in / out", "ascending"),
    "last": ("Last run", "descending"),
}
_LEFT = {"rank", "model"}


@dataclass(frozen=True, slots=True)
class Header:
    """One column's heading: a link that sorts by it, or turns its order round."""

    key: str
    label: str
    href: str
    aria_sort: str
    css: str


@dataclass(frozen=True, slots=True)
class PairLine:
    """A pair of models as people know them, with the test that was made."""

    better: str
    other: str
    test: str
    pair: PairComparison


def read_board(
    request: HttpRequest, viewer: Viewer, slug: str, *, most_pairs: int | None
) -> Leaderboard:
    """Return the leaderboard that the address asks for, with that many pairs.

    Raises:
        InvalidInputError: the address asks for an unknown period or order.
        NotFoundError: no such suite or version is visible.
    """
    orders = [*SORTS, *(f"-{name}" for name in SORTS)]
    return get_leaderboard(
        viewer,
        slug,
        period=read_period(request),
        sort=read_choice(request, "sort", orders, "rank"),
        version=read_version(request),
        most_pairs=most_pairs,
        now=timezone.now(),
    )


def read_period(request: HttpRequest, default: str = DEFAULT_PERIOD) -> str:
    """Return the period that the address asks for, as far as the tier shows it.

    A page says what it hides. A twin, which has no place to say so, is refused.

    Raises:
        EntitlementError: a twin was asked for more than the tier shows.
        InvalidInputError: it is unknown.
    """
    asked = read_choice(request, "period", tuple(PERIODS), default)
    now = timezone.now()
    entitled = entitlements_of(request, now)
    shown = longest_within(asked, entitled.history_days)
    if shown != asked:
        if wants_problem(request) and "period" in request.GET:
            require_days(request, PERIODS[asked], now)
        request.META[HIDDEN] = (
            f"The {entitled.tier.name} tier shows {entitled.history_days} days of "
            f"history, so this is the last {shown} and not {asked}. What is older is "
            "kept."
        )
    return shown


def read_version(request: HttpRequest) -> int | None:
    """Return the number of the suite version that the address asks for.

    Raises:
        InvalidInputError: it is no such number.
    """
    return read_number(request, "version", 0, low=1, high=MAX_VERSION) or None


def board_context(
    request: HttpRequest,
    viewer: Viewer,
    board: Leaderboard,
    suites: tuple[SuiteName, ...],
) -> dict[str, object]:
    """Return what the table and the switches above it show."""
    pages = max(1, -(-len(board.rows) // ROWS_A_PAGE))
    number = read_number(request, "page", 1, low=1, high=pages)
    start = (number - 1) * ROWS_A_PAGE
    suite = board.version
    evidence = f"?{urlencode({'period': board.period, 'version': suite.number})}"
    return {
        "board": board,
        "lines": [
            (row, f"/leaderboard/{suite.suite_slug}/{row.model_id}/{evidence}")
            for row in board.rows[start : start + ROWS_A_PAGE]
        ],
        **page_links(request, number, pages),
        "twin_query": _twin_query(board),
        "suite": suite,
        "headers": [_header(request, key, board.sort) for key in SORTS_SHOWN],
        "pairs": _telling_pairs(board),
        "active_runs": list_active_runs(viewer, limit=5),
        "periods": period_choices(request, board.period),
        "suites": _suite_choices(request, suites, suite.suite_slug),
    }


def wants_board_only(request: HttpRequest) -> bool:
    """Return whether the page asks for a fresh table to put in place of its own."""
    return request.headers.get("HX-Target") == "board"


def period_choices(request: HttpRequest, period: str) -> list[Choice]:
    """Return the periods, each a link to the same page over it."""
    return [
        Choice(
            name,
            with_query(request, period=name, cursor=None, page=None),
            name == period,
        )
        for name in PERIODS
    ]


def _header(request: HttpRequest, key: str, sort: str) -> Header:
    label, natural = _COLUMNS[key]
    is_current, is_reversed = sort.removeprefix("-") == key, sort.startswith("-")
    turned = {"ascending": "descending", "descending": "ascending"}
    direction = turned[natural] if is_reversed else natural
    return Header(
        key=key,
        label=label,
        href=with_query(
            request,
            sort=f"-{key}" if is_current and not is_reversed else key,
            page=None,
        ),
        aria_sort=direction if is_current else "",
        css="" if key in _LEFT else "right",
    )


def _twin_query(board: Leaderboard) -> str:
    """Return what makes a twin show this very board."""
    asked = {
        "period": board.period,
        "version": board.version.number,
        "sort": board.sort,
    }
    return f"?{urlencode(asked)}"


def _telling_pairs(board: Leaderboard) -> list[PairLine]:
    """Put the pairs that are told apart first, the widest apart among them first."""
    ordered = sorted(board.pairs, key=tells)
    called = {row.model: row.display_name for row in board.rows}
    return [
        PairLine(called[pair.a], called[pair.b], _TESTS[pair.test], pair)
        for pair in ordered[:SHOWN_PAIRS]
    ]


def _suite_choices(
    request: HttpRequest, suites: tuple[SuiteName, ...], slug: str
) -> list[Choice]:
    # A version, an order and a page of one suite mean nothing on another.
    own = dict.fromkeys(("sort", "version", "page", "pairs"))
    query = with_query(request, **own).removeprefix(request.path)
    return [
        Choice(
            one.title,
            f"/leaderboard/{one.slug}/{query}",
            one.slug == slug,
        )
        for one in suites
    ]


SORTS_SHOWN = tuple(_COLUMNS)
