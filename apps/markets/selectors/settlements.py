"""What a settlement was read from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from apps.markets.models import Settlement

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from decimal import Decimal
    from uuid import UUID


@dataclass(frozen=True, slots=True)
class SettlementDetail:
    """How a market ended, and the fields of the venue that say so.

    `contradiction` is what the venue said afterwards, where that was something else;
    the settlement stands until an operator looks into it.
    """

    payout: Decimal | None
    is_void: bool
    rule: str
    evidence: Mapping[str, object]
    settled_at: datetime | None
    recorded_at: datetime
    contradicted_at: datetime | None
    contradiction: Mapping[str, object]


def find_settlement(market_id: UUID) -> SettlementDetail | None:
    """Return a market's settlement, None where it has none."""
    row = Settlement.objects.filter(pk=market_id).first()
    if row is None:
        return None
    return SettlementDetail(
        payout=row.payout,
        is_void=row.is_void,
        rule=row.rule,
        evidence=row.evidence,
        settled_at=row.settled_at,
        recorded_at=row.recorded_at,
        contradicted_at=row.contradicted_at,
        contradiction=row.contradiction,
    )
