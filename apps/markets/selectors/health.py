"""Whether the venues of watched markets answer, and somebody listens to them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import DatabaseError, connection
from django.db.models import Count, Q

from apps.core.diagnosis import judge_followers
from apps.core.health import Finding
from apps.core.heartbeats import read_heartbeats
from apps.markets.domain.markets import Nature
from apps.markets.domain.records import FINAL
from apps.markets.models import Venue
from apps.markets.registry import list_watched
from apps.markets.selectors.tokens import find_tokens

if TYPE_CHECKING:
    from datetime import datetime

# Within an hour its markets would miss a snapshot.
PATIENCE = timedelta(minutes=30)


def check_venues(now: datetime) -> Finding:
    """Look for venues that have been failing while somebody watches their markets.

    A venue that nobody needs may be down: an installation that is offline is well.
    """
    try:
        return _judge(now)
    except DatabaseError:  # that has a check of its own, which names the cause
        connection.close()
        return Finding(ok=True, detail="not known while the database does not answer")


def check_followers(now: datetime) -> Finding:
    """See whether a follower that there was keeps following, where it has to.

    It has to where somebody watches open markets of a live venue that has a stream.
    """
    finding = judge_followers(read_heartbeats(now), now)
    # What is watched may be tens of thousands of markets, and this is asked often.
    if finding.ok:
        return finding
    try:
        parts = find_tokens(list_watched())
    except DatabaseError:  # that has a check of its own, which names the cause
        connection.close()
        return Finding(ok=True, detail="not known while the database does not answer")
    if not any(part.venue.nature is Nature.LIVE for part in parts):
        return Finding(ok=True, detail="nothing to follow at a live venue")
    return finding


def _judge(now: datetime) -> Finding:
    failing = Venue.objects.filter(is_active=True, failed_at__lte=now - PATIENCE)
    found = list(failing)
    if not found:
        minutes = PATIENCE // timedelta(minutes=1)
        return Finding(ok=True, detail=f"none has been failing for {minutes} minutes")
    watched = Q(markets__in=list_watched()) & ~Q(markets__status__in=FINAL)
    needed = failing.annotate(watched=Count("markets", filter=watched))
    venue = needed.filter(watched__gt=0).first()
    if venue is None:
        names = ", ".join(venue.name for venue in found)
        return Finding(ok=True, detail=f"failing, and watched by nobody: {names}")
    minutes = (now - (venue.failed_at or now)) // timedelta(minutes=1)
    return Finding(
        ok=False,
        detail=f"{venue.name} has been failing for {minutes} minutes, and "
        f"{venue.watched} of its markets are watched: {venue.failure}",
        advice="Look at the venue and the way there, or switch it off in the admin.",
    )
