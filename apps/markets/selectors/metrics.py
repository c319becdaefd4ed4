"""What Prometheus is told of markets: read from the database at each scrape."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Count, Max

from apps.core.metrics import Metric, Reading, Shape, Source
from apps.markets.models import Market, Settlement, Venue

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

MARKETS = Metric(
    "assay_markets",
    Shape.GAUGE,
    "Markets that stand so now; the nature says whether their venue is live.",
    ("venue", "nature", "status"),
)
QUOTE_AGE = Metric(
    "assay_market_quote_age_seconds",
    Shape.GAUGE,
    "Time since the newest quote of any market of a venue.",
    ("venue", "nature"),
)
FAILING = Metric(
    "assay_venue_failing_seconds",
    Shape.GAUGE,
    "How long a venue has been failing; 0 where it answered last time.",
    ("venue", "nature"),
)
CONTRADICTED = Metric(
    "assay_settlements_contradicted",
    Shape.GAUGE,
    "Settlements of which the venue said something else afterwards.",
    ("venue",),
)


def read_markets(now: datetime) -> Iterator[Reading]:
    """Read how markets stand, and how fresh and reliable their venues are."""
    counted = Market.objects.order_by().values_list(
        "venue__name", "venue__nature", "status"
    )
    for venue, nature, status, number in counted.annotate(Count("id")):
        yield Reading(MARKETS, number, (venue, nature, status))
    newest = Market.objects.order_by().values_list("venue__name", "venue__nature")
    for venue, nature, quoted_at in newest.annotate(Max("quoted_at")):
        if quoted_at is not None:
            age = (now - quoted_at).total_seconds()
            yield Reading(QUOTE_AGE, age, (venue, nature))
    for known in Venue.objects.filter(is_active=True):
        failed_at = known.failed_at
        seconds = 0.0 if failed_at is None else (now - failed_at).total_seconds()
        yield Reading(FAILING, seconds, (known.name, known.nature))
    contradicted = Settlement.objects.filter(contradicted_at__isnull=False).order_by()
    counts = contradicted.values_list("market__venue__name").annotate(Count("pk"))
    for venue, number in counts:
        yield Reading(CONTRADICTED, number, (venue,))


SOURCES = (
    Source("markets", (MARKETS, QUOTE_AGE, FAILING, CONTRADICTED), read_markets),
)
