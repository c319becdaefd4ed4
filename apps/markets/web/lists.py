"""The list of markets, with its twins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from apps.core.web.queries import link_choices, with_query
from apps.core.web.twins import csv_response, json_response
from apps.markets.selectors.listing import (
    MAX_PAGE,
    MarketFilter,
    count_markets,
    count_matching,
)
from apps.markets.selectors.venues import list_venues
from apps.markets.web.reading import STATUSES, read_filter, read_markets

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

MARKETS_A_PAGE = 30
MARKET_COLUMNS = (
    "id",
    "venue",
    "nature",
    "external_id",
    "question",
    "event_title",
    "status",
    "bid",
    "ask",
    "mid",
    "last",
    "flag_words",
    "quoted_at",
    "source",
    "liquidity",
    "volume",
    "opened_at",
    "ends_at",
    "closed_at",
    "first_seen_at",
    "url",
)


@require_safe
def market_list(request: HttpRequest) -> HttpResponse:
    """Show the markets, those seen last first."""
    venues, now = list_venues(), timezone.now()
    page = read_markets(request, venues, default=MARKETS_A_PAGE, most=MARKETS_A_PAGE)
    counts, wanted = count_markets(now), read_filter(request, venues)
    asked = {name: request.GET.get(name, "") for name in ("venue", "status", "q")}
    there = [
        one for one in venues if counts.by_venue.get(one.name) and not one.is_at_rest
    ]
    names = {"": "all venues"} | {
        one.name: one.display_name
        for one in venues
        if one in there or one.name == asked["venue"]
    }
    statuses = {"": "all"} | {name: name for name in STATUSES}
    after = page.next_cursor
    context = {
        "markets": page.rows,
        "counts": counts,
        "matching": None if wanted == MarketFilter() else count_matching(wanted),
        "now": now,
        "asked": asked,
        "venues": link_choices(request, "venue", names, asked["venue"]),
        "statuses": link_choices(request, "status", statuses, asked["status"]),
        "failing": [one for one in there if one.failed_at],
        "unreached": [
            one for one in venues if one.failed_at and not counts.by_venue.get(one.name)
        ],
        "next_href": with_query(request, cursor=str(after)) if after else "",
        "twin_query": with_query(request, cursor=None).removeprefix(request.path),
    }
    return render(request, "markets/markets.html", context)


@require_safe
def market_list_json(request: HttpRequest) -> HttpResponse:
    """Return a page of markets."""
    page = read_markets(request, list_venues(), default=MAX_PAGE, most=MAX_PAGE)
    return json_response({"items": page.rows, "next_cursor": page.next_cursor})


@require_safe
def market_list_csv(request: HttpRequest) -> HttpResponse:
    """Return a page of markets as CSV."""
    page = read_markets(request, list_venues(), default=MAX_PAGE, most=MAX_PAGE)
    after = page.next_cursor
    next_url = with_query(request, cursor=str(after)) if after else ""
    return csv_response("markets", MARKET_COLUMNS, page.rows, next_url=next_url)
