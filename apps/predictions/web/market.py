"""One market: its quotes, how it ended, and the predictions on it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from apps.accounts.viewers import viewer_of
from apps.core.web.queries import link_choices, with_query
from apps.core.web.twins import csv_response, json_response
from apps.markets.domain.markets import Nature
from apps.markets.selectors.keeping import find_first_kept
from apps.markets.selectors.markets import get_market
from apps.markets.selectors.quotes import list_quotes
from apps.markets.selectors.settlements import find_settlement
from apps.markets.web.drawings import draw_quotes
from apps.predictions.selectors.predictions import list_predictions
from apps.predictions.web.reading import PERIODS, read_since

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from apps.markets.selectors.markets import MarketRow
    from apps.markets.selectors.quotes import QuoteRow

MOST_QUOTES = 720
SHOWN_QUOTES = 12
SHOWN_PREDICTIONS = 15
QUOTE_COLUMNS = (
    "observed_at",
    "source",
    "bid",
    "ask",
    "mid",
    "last",
    "spread",
    "liquidity",
    "age_seconds",
    "flag_words",
)
LONG_AGO = datetime.min.replace(tzinfo=UTC)


@require_safe
def market_page(request: HttpRequest, market_id: UUID) -> HttpResponse:
    """Show a market with its newest quotes and the predictions on it."""
    now = timezone.now()
    market, period, quotes = _read(request, market_id)
    page = list_predictions(
        viewer_of(request), market_id=market_id, limit=SHOWN_PREDICTIONS
    )
    context = {
        "market": market,
        "now": now,
        "first_kept": find_first_kept(market, now.date()),
        "chart": draw_quotes(market.outcomes[0], quotes),
        "quotes": quotes[:SHOWN_QUOTES],
        "more_quotes": len(quotes) - SHOWN_QUOTES,
        "periods": link_choices(
            request, "period", {name: name for name in PERIODS}, period
        ),
        "settlement": find_settlement(market_id) if market.settlement else None,
        "predictions": page.rows,
        "more_predictions": page.next_cursor is not None,
        "twin_query": with_query(request).removeprefix(request.path),
    }
    return render(request, "markets/market.html", context)


@require_safe
def market_json(request: HttpRequest, market_id: UUID) -> HttpResponse:
    """Return a market with its settlement and quotes."""
    market, _, quotes = _read(request, market_id)
    return json_response(
        {
            "market": market,
            "settlement": find_settlement(market_id),
            "quotes": [_plain(one) for one in quotes],
            "quotes_kept_from": find_first_kept(market, timezone.now().date()),
        }
    )


@require_safe
def market_csv(request: HttpRequest, market_id: UUID) -> HttpResponse:
    """Return a market's quotes, newest first."""
    _, _, quotes = _read(request, market_id)
    return csv_response(f"quotes-{market_id}", QUOTE_COLUMNS, quotes)


def _read(
    request: HttpRequest, market_id: UUID
) -> tuple[MarketRow, str, tuple[QuoteRow, ...]]:
    market = get_market(market_id)
    # A recording is of its own time, which may lie long before it was brought.
    is_recorded = market.nature is Nature.RECORDED
    oldest = LONG_AGO if is_recorded else market.first_seen_at
    period, since = read_since(request, market.quoted_at, timezone.now(), oldest=oldest)
    return market, period, list_quotes(market_id, after=since, limit=MOST_QUOTES)


def _plain(quote: QuoteRow) -> dict[str, object]:
    named = {name: getattr(quote, name) for name in QUOTE_COLUMNS}
    named["flags"] = list(quote.flags.words)
    del named["flag_words"]
    return named
