"""What the markets' endpoints return. Prices are shares of one, as decimal text."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from ninja import Schema
from pydantic import Field, PlainSerializer

from apps.core.web.schemas import Moment
from apps.core.web.twins import decimal_text
from apps.markets.domain.markets import QuoteFlag
from apps.markets.selectors.listing import MAX_PAGE

NatureName = Literal["live", "recorded", "simulated"]
StatusName = Literal["open", "closed", "proposed", "disputed", "resolved", "void"]
Number = Annotated[
    Decimal, PlainSerializer(decimal_text, return_type=str), Field(examples=["0.615"])
]
Flags = Annotated[
    QuoteFlag,
    PlainSerializer(lambda flags: list(QuoteFlag(flags).words), return_type=list[str]),
    Field(description="What speaks against the price, such as `one_sided`"),
]


class MarketQuery(Schema):
    """Which markets are wanted, and which page of them."""

    venue: str = Field("", max_length=60)
    status: StatusName | None = None
    query: str = Field(
        "",
        max_length=200,
        description="Words, or beginnings of some, of question and event",
    )
    event: str = Field("", max_length=200, description="The venue's id of an event")
    nature: NatureName | None = None
    cursor: UUID | None = Field(None, description="`next_cursor` of the page before")
    limit: int = Field(50, ge=1, le=MAX_PAGE, description="Items in a page")


class VenueOut(Schema):
    """A place where shares in answers are traded, or a stand-in for one."""

    id: UUID
    name: str
    display_name: str
    kind: str
    nature: NatureName
    is_active: bool
    synced_at: Moment | None
    failed_at: Moment | None = Field(description="Since when it has been failing")
    failure: str


class FeesOut(Schema):
    """What a trade costs: rate x (p x (1 - p)) ** exponent x shares, rounded up."""

    rate: Number
    exponent: Number
    taker_only: bool
    rebate_rate: Number
    rounds_up_to: Number = Field(description="A multiple of this; 0 is not rounded")


class SettlementOut(Schema):
    """How a market ended."""

    payout: Number | None = Field(description="Of a share of the first outcome")
    is_void: bool
    rule: str = Field(description="What it was decided by")
    settled_at: Moment | None
    recorded_at: Moment


class MarketOut(Schema):
    """A market with its newest quote; prices are the first outcome's."""

    id: UUID
    venue: str
    nature: NatureName
    external_id: str
    slug: str
    question: str
    url: str
    outcomes: list[str]
    event_id: str
    event_title: str
    group_id: str
    status: StatusName
    opened_at: Moment | None
    ends_at: Moment | None = Field(description="Expected; trading may go on")
    closed_at: Moment | None
    bid: Number | None
    ask: Number | None
    mid: Number | None
    last: Number | None
    flags: Flags
    quoted_at: Moment | None
    source: str = Field(description="Where the newest quote was read")
    liquidity: Number | None
    volume: Number | None
    settlement: SettlementOut | None


class MarketDetailOut(MarketOut):
    """All that is known of a market."""

    description: str
    tick_size: Number | None
    fees: FeesOut | None = Field(description="Null where the venue does not say")
    first_seen_at: Moment
    synced_at: Moment


class QuoteOut(Schema):
    """One look at a market's price; of the first outcome."""

    observed_at: Moment
    source: str
    bid: Number | None
    ask: Number | None
    mid: Number | None
    last: Number | None
    spread: Number | None
    liquidity: Number | None
    age_seconds: int = Field(description="How old the venue's cache said it was")
    flags: Flags
