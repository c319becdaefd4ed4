"""Reading markets: frozen rows, with the newest quote and the settlement."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db.models.expressions import RawSQL

from apps.core.errors import NotFoundError
from apps.markets.domain.markets import (
    FeeSchedule,
    MarketStatus,
    Nature,
    QuoteFlag,
)
from apps.markets.models import Market

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet


@dataclass(frozen=True, slots=True)
class SettlementRow:
    """How a market ended; `payout` is what the first outcome's share paid."""

    payout: Decimal | None
    is_void: bool
    rule: str
    settled_at: datetime | None
    recorded_at: datetime
    # When the venue first said otherwise afterwards; the settlement stands.
    contradicted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class MarketRow:
    """A market with its newest quote; prices are the first outcome's."""

    id: UUID
    venue: str
    venue_name: str
    nature: Nature
    external_id: str
    slug: str
    question: str
    description: str
    url: str
    outcomes: tuple[str, str]
    event_id: str
    event_title: str
    group_id: str
    status: MarketStatus
    fees: FeeSchedule | None
    tick_size: Decimal | None
    liquidity: Decimal | None
    volume: Decimal | None
    opened_at: datetime | None
    ends_at: datetime | None
    closed_at: datetime | None
    first_seen_at: datetime
    synced_at: datetime
    bid: Decimal | None
    ask: Decimal | None
    mid: Decimal | None
    last: Decimal | None
    flags: QuoteFlag
    source: str  # of the newest quote: what was asked, such as "clob.books"
    quoted_at: datetime | None
    settlement: SettlementRow | None

    @property
    def is_stand_in(self) -> bool:
        """Whether its prices come from anywhere but a market that trades now."""
        return self.nature is not Nature.LIVE

    @property
    def price(self) -> Decimal | None:
        """Return the first outcome's best single price, None where there is none."""
        return self.mid if self.mid is not None else self.last

    @property
    def flag_words(self) -> str:
        """Return the newest quote's flags by name, with blanks between."""
        return " ".join(self.flags.words)

    @property
    def cluster(self) -> str:
        """Return what markets share that one event decides."""
        shared = self.group_id or self.event_id or self.external_id
        return f"{self.venue}:{shared}"[:260]


def get_market(market_id: UUID) -> MarketRow:
    """Return one market.

    Raises:
        NotFoundError: there is none with this id.
    """
    row = get_markets([market_id]).get(market_id)
    if row is None:
        raise NotFoundError(f"There is no market {market_id}.")
    return row


def get_markets(market_ids: Iterable[UUID]) -> dict[UUID, MarketRow]:
    """Return markets by id, without those that do not exist."""
    # One array in place of thousands of parameters, each of which the ORM would visit.
    ids = RawSQL("SELECT unnest(%s::uuid[])", [list(market_ids)])
    wanted = Market.objects.filter(pk__in=ids).order_by()
    return {row.id: row for row in read_rows(wanted)}


def read_rows(found: QuerySet[Market]) -> Iterator[MarketRow]:
    """Yield the rows of markets: plain columns, since thousands are read at once."""
    for values in found.values_list(*_PLAIN, *_CONVERTED, *_SETTLEMENT):
        yield _to_row(dict(zip(_NAMES, values, strict=True)))


_PLAIN = (
    "id",
    "external_id",
    "slug",
    "question",
    "description",
    "url",
    "event_id",
    "event_title",
    "group_id",
    "tick_size",
    "liquidity",
    "volume",
    "opened_at",
    "ends_at",
    "closed_at",
    "first_seen_at",
    "synced_at",
    "bid",
    "ask",
    "mid",
    "last",
    "source",
    "quoted_at",
)
_CONVERTED = (
    "outcomes",
    "status",
    "fees",
    "flags",
    "venue__name",
    "venue__display_name",
    "venue__nature",
)
# In the order of `SettlementRow`.
_SETTLEMENT = (
    "settlement__payout",
    "settlement__is_void",
    "settlement__rule",
    "settlement__settled_at",
    "settlement__recorded_at",
    "settlement__contradicted_at",
)
_NAMES = (*_PLAIN, *_CONVERTED, *_SETTLEMENT)


def to_fees(stored: dict[str, str | bool] | None) -> FeeSchedule | None:
    """Read what `services` wrote of a fee schedule."""
    if stored is None:
        return None
    return FeeSchedule(
        rate=Decimal(str(stored["rate"])),
        exponent=Decimal(str(stored.get("exponent", 1))),
        taker_only=bool(stored.get("taker_only", True)),
        rebate_rate=Decimal(str(stored.get("rebate_rate", 0))),
        rounds_up_to=Decimal(str(stored.get("rounds_up_to", 0))),
    )


def _to_row(values: dict[str, Any]) -> MarketRow:
    first, second = values["outcomes"]
    return MarketRow(
        venue=values["venue__name"],
        venue_name=values["venue__display_name"],
        nature=Nature(values["venue__nature"]),
        outcomes=(first, second),
        status=MarketStatus(values["status"]),
        fees=to_fees(values["fees"]),
        flags=QuoteFlag(values["flags"]),
        settlement=_to_settlement_row(values),
        **{name: values[name] for name in _PLAIN},
    )


def _to_settlement_row(values: dict[str, Any]) -> SettlementRow | None:
    if values["settlement__is_void"] is None:
        return None
    return SettlementRow(*(values[name] for name in _SETTLEMENT))
