"""Venues, markets and their quotes over REST."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router

from apps.accounts.viewers import entitlements_of, require_bulk
from apps.core.web.queries import with_query
from apps.core.web.schemas import (
    CSV_ANSWER,
    Earlier,
    Listing,
    MomentIn,
    Page,
    Problem,
    Stretch,
)
from apps.core.web.twins import csv_record, csv_response, time_text
from apps.markets.api.schemas import (
    FeesOut,
    MarketDetailOut,
    MarketOut,
    MarketQuery,
    QuoteOut,
    SettlementOut,
    VenueOut,
)
from apps.markets.domain.markets import MarketStatus, Nature
from apps.markets.selectors.listing import (
    MarketFilter,
    MarketPage,
    list_markets,
)
from apps.markets.selectors.markets import get_market
from apps.markets.selectors.quotes import MAX_QUOTES, QuotePage, page_quotes
from apps.markets.selectors.venues import list_venues

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

router = Router(tags=["Markets"])

QuoteLimit = Annotated[int, Query(ge=1, le=MAX_QUOTES, description="Newest quotes")]
WEEK = 168
MARKET_COLUMNS = (
    "id",
    "venue",
    "nature",
    "external_id",
    "question",
    "status",
    "bid",
    "ask",
    "mid",
    "last",
    "quoted_at",
    "source",
    "ends_at",
    "closed_at",
    "liquidity",
    "volume",
    "url",
)
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
    "flags",
)


VENUE_COLUMNS = tuple(VenueOut.model_fields)
FEES = tuple(FeesOut.model_fields)
SETTLEMENT = tuple(SettlementOut.model_fields)
# What a market has in a line of its own; its fees and its settlement follow.
MARKET_DETAIL = tuple(
    name for name in MarketDetailOut.model_fields if name not in {"fees", "settlement"}
)


@router.get("/venues", response=Listing[VenueOut], operation_id="list_venues")
def venues(request: HttpRequest) -> dict[str, object]:
    """List the venues; what is not `live` is recorded or simulated, and says so."""
    return {"items": list_venues()}


@router.get("/venues.csv", operation_id="venues_csv", openapi_extra=CSV_ANSWER)
def venues_csv(request: HttpRequest) -> HttpResponse:
    """Return the venues as CSV."""
    return csv_response("venues", VENUE_COLUMNS, list_venues())


@router.get(
    "/markets",
    response={200: Page[MarketOut], 404: Problem, 422: Problem},
    operation_id="list_markets",
)
def markets(request: HttpRequest, asked: Query[MarketQuery]) -> dict[str, object]:
    """List markets, the newest first. A `limit` above 100 is a bulk export."""
    page = _read_page(request, asked)
    return {"items": page.rows, "next_cursor": page.next_cursor}


@router.get(
    "/markets.csv",
    response={404: Problem, 422: Problem},
    operation_id="markets_csv",
    openapi_extra=CSV_ANSWER,
)
def markets_csv(request: HttpRequest, asked: Query[MarketQuery]) -> HttpResponse:
    """Return a page of markets as CSV; the header `Link` leads to the next one."""
    page = _read_page(request, asked)
    cursor = page.next_cursor
    after = with_query(request, cursor=str(cursor)) if cursor else ""
    return csv_response("markets", MARKET_COLUMNS, page.rows, next_url=after)


@router.get(
    "/markets/{uuid:market_id}",
    response={200: MarketDetailOut, 404: Problem},
    operation_id="get_market",
)
def market(request: HttpRequest, market_id: UUID) -> object:
    """Return a market with its newest quote and its settlement."""
    return get_market(market_id)


@router.get(
    "/markets/{uuid:market_id}.csv",
    response={404: Problem},
    operation_id="market_csv",
    openapi_extra=CSV_ANSWER,
)
def market_csv(request: HttpRequest, market_id: UUID) -> HttpResponse:
    """Return a market as CSV, its fees and its settlement in the same line."""
    row = get_market(market_id)
    record = {name: getattr(row, name) for name in MARKET_DETAIL}
    for prefix, part, names in (
        ("fees", row.fees, FEES),
        ("settlement", row.settlement, SETTLEMENT),
    ):
        record |= {f"{prefix}_{name}": getattr(part, name, None) for name in names}
    return csv_record(f"market-{market_id}", record)


@router.get(
    "/markets/{uuid:market_id}/quotes",
    response={200: Stretch[QuoteOut], 404: Problem, 422: Problem},
    operation_id="list_quotes",
)
def quotes(
    request: HttpRequest,
    market_id: UUID,
    before: MomentIn | None = None,
    cursor: Earlier = None,
    limit: QuoteLimit = WEEK,
) -> dict[str, object]:
    """List a market's quotes, the newest first, as far back as the tier shows.

    `before` leads to those that were observed earlier, as long as quotes are kept:
    months before that are dropped. A `limit` above 168, the hours of a week, is a bulk
    export.
    """
    page = _read_quotes(request, market_id, (before, cursor), limit)
    return {"items": page.rows, "next_cursor": page.next_cursor}


@router.get(
    "/markets/{uuid:market_id}/quotes.csv",
    response={404: Problem, 422: Problem},
    operation_id="quotes_csv",
    openapi_extra=CSV_ANSWER,
)
def quotes_csv(
    request: HttpRequest,
    market_id: UUID,
    before: MomentIn | None = None,
    cursor: Earlier = None,
    limit: QuoteLimit = WEEK,
) -> HttpResponse:
    """Return a market's quotes as CSV, the newest first."""
    page = _read_quotes(request, market_id, (before, cursor), limit)
    last = page.next_cursor
    after = with_query(request, cursor=time_text(last)) if last else ""
    name = f"quotes-{market_id}"
    return csv_response(name, QUOTE_COLUMNS, page.rows, next_url=after)


def _read_page(request: HttpRequest, asked: MarketQuery) -> MarketPage:
    require_bulk(request, asked.limit, timezone.now())
    wanted = MarketFilter(
        venue=asked.venue,
        status=None if asked.status is None else MarketStatus(asked.status),
        query=asked.query,
        event=asked.event,
        nature=None if asked.nature is None else Nature(asked.nature),
    )
    return list_markets(wanted, cursor=asked.cursor, limit=asked.limit)


def _read_quotes(
    request: HttpRequest,
    market_id: UUID,
    moments: Sequence[datetime | None],
    limit: int,
) -> QuotePage:
    now = timezone.now()
    require_bulk(request, limit, now, free=WEEK)
    days = entitlements_of(request, now).history_days
    after = None if days is None else now - timedelta(days=days)
    return page_quotes(
        market_id,
        before=min(filter(None, moments), default=None),
        after=after,
        limit=limit,
    )
