"""Finding markets by words."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.contrib.postgres.search import SearchQuery
from django.db.models import F, Value

from apps.markets.domain.words import to_search
from apps.markets.models import Market

if TYPE_CHECKING:
    from django.db.models import QuerySet


def search_markets(found: QuerySet[Market], query: str) -> QuerySet[Market]:
    """Keep the markets whose question and event have every word of a query.

    A word is found by its beginning, in letters of any case; words that only
    punctuation joins, such as "U.S.", must follow one another. A query of blanks keeps
    all markets, one of nothing but punctuation none.
    """
    if not query.strip():
        return found
    search = to_search(query)
    if not search:
        return found.none()
    return found.filter(words=SearchQuery(search, config="simple", search_type="raw"))


def search_ids(query: str) -> QuerySet[Market, Any]:
    """Return the ids of what a search finds, to be asked for within another query."""
    return search_markets(Market.objects.all(), query).values("id")


# No index has this order. PostgreSQL guesses that one market in fifty has any beginning
# of a word, and would walk through all of them in order to find the fifty newest: of
# 100,000 markets, a word that none has took 185 ms so.
_NEWEST = F("first_seen_at") + Value(timedelta())


def find_newest(found: QuerySet[Market], limit: int) -> QuerySet[Market]:
    """Return the newest of the markets that a search keeps, in no order.

    The index of words is asked first, and rows are read of those alone that come.
    """
    ids = found.order_by(_NEWEST.desc(), "-id").values_list("id", flat=True)
    return Market.objects.filter(pk__in=list(ids[:limit]))
