"""Quotes: a market's history, and many markets' prices at one moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import connection

from apps.core.errors import NotFoundError
from apps.markets.domain.markets import UNUSABLE, QuoteFlag
from apps.markets.models import Market, Quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime, timedelta
    from decimal import Decimal
    from uuid import UUID

MAX_QUOTES = 5_000
_FIELDS = (
    "market_id",
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


@dataclass(frozen=True, slots=True)
class QuoteRow:
    """One look at a market's price; of the first outcome."""

    market_id: UUID
    observed_at: datetime
    source: str
    bid: Decimal | None
    ask: Decimal | None
    mid: Decimal | None
    last: Decimal | None
    spread: Decimal | None
    liquidity: Decimal | None
    age_seconds: int
    flags: QuoteFlag

    @property
    def price(self) -> Decimal | None:
        """Return the best single price, None where there is none."""
        return self.mid if self.mid is not None else self.last

    @property
    def flag_words(self) -> str:
        """Return the flags by name, with blanks between."""
        return " ".join(self.flags.words)

    @property
    def is_usable(self) -> bool:
        """Whether the price can be taken at its word."""
        return self.price is not None and not self.flags & UNUSABLE


@dataclass(frozen=True, slots=True)
class QuotePage:
    """Some quotes, newest first; `next_cursor` as `before` continues after them."""

    rows: tuple[QuoteRow, ...]
    next_cursor: datetime | None


def list_quotes(
    market_id: UUID,
    *,
    before: datetime | None = None,
    after: datetime | None = None,
    limit: int = 168,
) -> tuple[QuoteRow, ...]:
    """Return a market's quotes, the newest first.

    `before` and `after` are themselves left out; at most `MAX_QUOTES` come.

    Raises:
        NotFoundError: there is no such market.
    """
    return page_quotes(market_id, before=before, after=after, limit=limit).rows


def page_quotes(
    market_id: UUID,
    *,
    before: datetime | None = None,
    after: datetime | None = None,
    limit: int = 168,
) -> QuotePage:
    """Return what `list_quotes` does, and which `before` continues after it.

    Quotes of one moment stay together: they come on the next page where this one has
    no room for all of them.

    Raises:
        NotFoundError: there is no such market.
    """
    if not Market.objects.filter(pk=market_id).exists():
        raise NotFoundError(f"There is no market {market_id}.")
    found = Quote.objects.filter(market_id=market_id)
    if before is not None:
        found = found.filter(observed_at__lt=before)
    if after is not None:
        found = found.filter(observed_at__gt=after)
    most = max(1, min(limit, MAX_QUOTES))
    values = found.order_by("-observed_at", "source").values_list(*_FIELDS)
    rows = tuple(_to_row(row) for row in values[: most + 1])
    if len(rows) <= most:
        return QuotePage(rows, None)
    cut = rows[most].observed_at
    # Of a moment that alone fills the page the rest is left out.
    whole = tuple(one for one in rows[:most] if one.observed_at > cut) or rows[:most]
    return QuotePage(whole, whole[-1].observed_at)


# One look into the key per market and month: 20,000 markets take a fifth of a second.
# Moments are written into the statement, so that only their months are looked into.
_BEFORE = """
SELECT {shown} FROM {wanted}
CROSS JOIN LATERAL (
    SELECT {fields} FROM markets_quote
    WHERE market_id = wanted.id
        AND observed_at <= {at} AND observed_at >= {since}
        AND flags & %(unusable)s = 0 AND COALESCE(mid, last) IS NOT NULL
    ORDER BY observed_at DESC, source LIMIT 1
) AS found
"""
_AT_ONCE = {
    "wanted": "unnest(%(ids)s::uuid[]) AS wanted (id)",
    "at": "%(at)s",
    "since": "%(since)s",
}
_EACH_AT_ITS_OWN = {
    "wanted": "unnest(%(ids)s::uuid[], %(ats)s::timestamptz[]) AS wanted (id, at)",
    "at": "wanted.at",
    "since": "wanted.at - %(tolerance)s::interval",
}
_PRICE = {
    "shown": "found.market_id, found.price, found.at",
    "fields": "market_id, COALESCE(mid, last)::float8 AS price,"
    " extract(epoch FROM observed_at)::float8 AS at",
}
_QUOTES_BEFORE = _BEFORE.format(shown="found.*", fields=", ".join(_FIELDS), **_AT_ONCE)
_PRICES_BEFORE = _BEFORE.format(**_PRICE, **_AT_ONCE)
_LAST_PRICES = _BEFORE.format(**_PRICE, **_EACH_AT_ITS_OWN)


def quotes_before(
    market_ids: Iterable[UUID], at: datetime, tolerance: timedelta
) -> dict[UUID, QuoteRow]:
    """Return each market's last usable quote at `at` or at most `tolerance` before.

    Markets without one are left out.
    """
    found = _look_back(_QUOTES_BEFORE, market_ids, at, tolerance)
    return {row.market_id: row for row in map(_to_row, found)}


def prices_before(
    market_ids: Iterable[UUID], at: datetime, tolerance: timedelta
) -> dict[UUID, tuple[float, float]]:
    """Return the prices of what `quotes_before` finds, and their seconds since 1970.

    Numbers alone, for computing.
    """
    found = _look_back(_PRICES_BEFORE, market_ids, at, tolerance)
    return {market_id: (price, seconds) for market_id, price, seconds in found}


def last_prices(
    moments: Mapping[UUID, datetime], tolerance: timedelta
) -> dict[UUID, tuple[float, float]]:
    """Return what `prices_before` does, for each market at a moment of its own."""
    if not moments:
        return {}
    arguments: dict[str, Any] = {
        "ids": list(moments),
        "ats": list(moments.values()),
        "tolerance": tolerance,
        "unusable": int(UNUSABLE),
    }
    with connection.cursor() as cursor:
        cursor.execute(_LAST_PRICES, arguments)
        return {one: (price, seconds) for one, price, seconds in cursor.fetchall()}


def _look_back(
    statement: str, market_ids: Iterable[UUID], at: datetime, tolerance: timedelta
) -> list[tuple[Any, ...]]:
    arguments: dict[str, Any] = {
        "ids": list(market_ids),
        "at": at,
        "since": at - tolerance,
        "unusable": int(UNUSABLE),
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, arguments)
        return list(cursor.fetchall())


def _to_row(values: tuple[Any, ...]) -> QuoteRow:
    named = dict(zip(_FIELDS, values, strict=True))
    return QuoteRow(**{**named, "flags": QuoteFlag(named["flags"])})
