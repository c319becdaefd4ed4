"""Noting which markets are asked for because no listing brings them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from apps.markets.models import Market

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID


@transaction.atomic
def note_sought(*, market_ids: Iterable[UUID], now: datetime) -> None:
    """Note that these are asked for now, so that others have the next turn.

    Rows are locked in one order: readings are stored at the same time.
    """
    rows = Market.objects.filter(pk__in=list(market_ids)).order_by("pk")
    locked = list(rows.select_for_update().values_list("pk", flat=True))
    Market.objects.filter(pk__in=locked).update(sought_at=now)
