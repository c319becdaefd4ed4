"""Markets that nobody has looked at for too long, and markets to keep fresh."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Q
from django.db.models.functions import Coalesce, Greatest

from apps.markets.domain.markets import MarketStatus, Nature, VenueKind
from apps.markets.domain.records import FINAL
from apps.markets.models import Market
from apps.markets.registry import list_watched

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

# A market that has ended or should have is asked for each hour, any other each day.
_ENDING = timedelta(minutes=50)
_QUIET = timedelta(days=1)


def list_overdue(*, now: datetime, limit: int) -> list[UUID]:
    """Return unsettled markets that no listing has brought for long.

    Venues list what is open: what was settled meanwhile is found only by asking. First
    come those that somebody watches, all of them; then at most `limit` others, those
    first that were brought or sought the longest ago. So what no venue knows any more
    takes its turn like the rest, and keeps nobody from theirs.
    """
    # A recording does not say when its end was expected.
    unknown = Q(ends_at__isnull=True, venue__kind=VenueKind.TAPE)
    ending = ~Q(status=MarketStatus.OPEN) | Q(ends_at__lte=now) | unknown
    turn = Greatest("synced_at", Coalesce("sought_at", "synced_at"))
    old = Q(turn__lte=now - _QUIET) | (ending & Q(turn__lte=now - _ENDING))
    found = _unsettled().annotate(turn=turn).filter(old).order_by("turn", "id")
    ids = found.values_list("id", flat=True)
    watched = list_watched()
    return [*ids.filter(pk__in=watched), *ids.exclude(pk__in=watched)[:limit]]


def list_watched_to_refresh(*, now: datetime, fresh_for: timedelta) -> list[UUID]:
    """Return watched and unsettled markets whose newest reading is older than that.

    Those of a tape or a simulation always: they are read here, and may move fast.
    """
    old = Q(synced_at__lte=now - fresh_for) | ~Q(venue__nature=Nature.LIVE)
    found = _unsettled().filter(old, pk__in=list_watched())
    return list(found.order_by("synced_at", "id").values_list("id", flat=True))


def _unsettled() -> QuerySet[Market]:
    return Market.objects.exclude(status__in=FINAL).filter(venue__is_active=True)
