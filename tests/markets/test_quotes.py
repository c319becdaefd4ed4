"""Quotes: a market's history, and many markets' prices at one moment."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from apps.core.errors import NotFoundError
from apps.markets.domain.markets import QuoteFlag
from apps.markets.selectors.quotes import (
    list_quotes,
    prices_before,
    quotes_before,
)
from tests.markets.make import NOW, make_market, make_quote

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def test_quotes_come_newest_first_between_two_moments() -> None:
    market = make_market()
    for hours in range(5):
        make_quote(market, f"0.{hours + 1}", NOW + hours * HOUR)
    prices = [row.price for row in list_quotes(market.id, limit=2)]
    assert prices == [Decimal("0.5"), Decimal("0.4")]
    rows = list_quotes(market.id, before=NOW + 3 * HOUR, after=NOW)
    assert [row.observed_at for row in rows] == [NOW + 2 * HOUR, NOW + HOUR]


def test_quotes_of_a_market_that_is_not_there_are_not_found() -> None:
    with pytest.raises(NotFoundError):
        list_quotes(UUID(int=1))


def test_the_last_usable_quote_before_a_moment_is_found_across_months() -> None:
    market, bare = make_market("a"), make_market("b")
    at = NOW.replace(day=1, hour=0, minute=10)
    make_quote(market, "0.30", at - HOUR)
    make_quote(market, "0.90", at - HOUR / 2, flags=int(QuoteFlag.ONE_SIDED))
    make_quote(market, "0.95", at + HOUR)
    found = quotes_before([market.id, bare.id], at, HOUR)
    assert set(found) == {market.id}
    assert (found[market.id].price, found[market.id].is_usable) == (
        Decimal("0.30"),
        True,
    )


def test_a_quote_at_the_moment_counts_and_one_beyond_the_tolerance_does_not() -> None:
    market = make_market()
    make_quote(market, "0.30", NOW)
    assert quotes_before([market.id], NOW, HOUR)[market.id].observed_at == NOW
    assert market.id in quotes_before([market.id], NOW + HOUR, HOUR)
    late = NOW + HOUR + timedelta(microseconds=1)
    assert quotes_before([market.id], late, HOUR) == {}


def test_prices_alone_are_those_of_the_quotes_that_would_be_found() -> None:
    rain, snow = make_market("rain"), make_market("snow")
    for hours, price in ((3, "0.30"), (2, "0.40"), (0, "0.60")):
        make_quote(rain, price, NOW - hours * HOUR)
    make_quote(snow, "0.20", NOW)
    ids, at = [rain.id, snow.id], NOW - HOUR
    assert prices_before(ids, at, HOUR) == {rain.id: (0.4, at.timestamp() - 3600)}
    assert set(quotes_before(ids, at, HOUR)) == {rain.id}
