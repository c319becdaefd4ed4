"""Venues and their markets as every gateway reports them. Prices are `Decimal`.

Every market here has two outcomes. A question with many answers is a group of such
markets that share an event: one for each answer. All prices are those of the first
outcome; the second outcome's are one less them.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from enum import IntFlag, StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

ONE = Decimal(1)
# A spread beyond this says that nobody agrees on a price.
WIDE_SPREAD = Decimal("0.10")


class VenueKind(StrEnum):
    """Which gateway speaks to a venue."""

    POLYMARKET = "polymarket"
    MANIFOLD = "manifold"
    KALSHI = "kalshi"
    TAPE = "tape"
    SIMULATED = "simulated"


class Nature(StrEnum):
    """Where a venue's prices come from; all but live ones are labelled everywhere."""

    LIVE = "live"
    RECORDED = "recorded"
    SIMULATED = "simulated"


class MarketStatus(StrEnum):
    """Where a market stands between its opening and its settlement."""

    OPEN = "open"
    CLOSED = "closed"  # no trading, and nothing is decided yet
    PROPOSED = "proposed"  # somebody said how it ended; it can still be disputed
    DISPUTED = "disputed"
    RESOLVED = "resolved"
    VOID = "void"  # ended without a winner: in parts, or not at all


class QuoteFlag(IntFlag):
    """What speaks against taking a quote at its word."""

    ONE_SIDED = 1  # nobody buys, or nobody sells
    WIDE = 2  # the spread is beyond `WIDE_SPREAD`
    STALE = 4  # neither moved nor traded for hours
    CACHED = 8  # a copy that a cache kept for more than a minute
    CLOSED = 16  # the market takes no orders any more
    PAST_END_DATE = 32  # the expected end has passed, and it still trades

    @property
    def words(self) -> tuple[str, ...]:
        """Return the flags that are set by name, as they are shown and exported."""
        return tuple(flag.name.lower() for flag in type(self) if flag in self)  # type: ignore[union-attr]


NO_FLAGS = QuoteFlag(0)
# These leave a price without meaning; the others only make it less sharp.
UNUSABLE = QuoteFlag.ONE_SIDED | QuoteFlag.WIDE | QuoteFlag.STALE | QuoteFlag.CLOSED


@dataclass(frozen=True, slots=True)
class FeeSchedule:
    """What a venue takes for a trade: `rate · (p · (1 − p)) ** exponent · shares`.

    It is rounded up to a multiple of `rounds_up_to`; 0 is not at all.
    """

    rate: Decimal
    exponent: Decimal = ONE
    taker_only: bool = True
    rebate_rate: Decimal = Decimal(0)
    rounds_up_to: Decimal = Decimal(0)

    def fee(self, price: Decimal, shares: Decimal) -> Decimal:
        """Return what a taker pays for `shares` at `price`, in the venue's money.

        It is the same for both outcomes, since `price` and one less it give the same.
        """
        # With more places than money has, so that a caller rounds once and last.
        fee = self.rate * (price * (ONE - price)) ** self.exponent * shares
        if not self.rounds_up_to:
            return fee
        steps = (fee / self.rounds_up_to).to_integral_value(ROUND_CEILING)
        return steps * self.rounds_up_to


# Where a venue says that it takes nothing; where it does not say, there is no schedule.
NO_FEES = FeeSchedule(rate=Decimal(0))


@dataclass(frozen=True, slots=True)
class QuoteReading:
    """One look at a market's price, of the first outcome.

    `mid` is None unless both sides are there. `age_seconds` is how old a cache said
    that the answer was; `observed_at` has it taken off already.
    """

    observed_at: datetime
    source: str  # the endpoint, such as "gamma" or "clob.books"
    bid: Decimal | None = None
    ask: Decimal | None = None
    mid: Decimal | None = None
    last: Decimal | None = None
    liquidity: Decimal | None = None
    age_seconds: int = 0
    flags: QuoteFlag = NO_FLAGS

    @property
    def spread(self) -> Decimal | None:
        """Return the distance between both sides; None where one is missing."""
        if self.bid is None or self.ask is None:
            return None
        return self.ask - self.bid

    @property
    def price(self) -> Decimal | None:
        """Return the best single number: the mid, else the last trade, else None."""
        return self.mid if self.mid is not None else self.last


@dataclass(frozen=True, slots=True)
class SettlementReading:
    """How a market ended: what a share of the first outcome pays, 0 to 1.

    `is_void` marks an end without a winner, whatever it pays. `rule` names what the
    reading was decided by, `evidence` holds the fields that it was decided from.
    """

    payout: Decimal | None
    is_void: bool
    rule: str
    evidence: dict[str, object]
    settled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class MarketReading:
    """One market as its venue describes it at one moment."""

    external_id: str
    question: str
    outcomes: tuple[str, str]
    status: MarketStatus
    slug: str = ""
    description: str = ""
    url: str = ""
    token_ids: tuple[str, ...] = ()
    event_id: str = ""
    event_title: str = ""
    group_id: str = ""  # of markets of which exactly one can come true
    opened_at: datetime | None = None
    ends_at: datetime | None = None  # when the end is expected; trading may go on
    closed_at: datetime | None = None
    tick_size: Decimal | None = None
    liquidity: Decimal | None = None
    volume: Decimal | None = None
    fees: FeeSchedule | None = None  # None: unknown, `NO_FEES`: there are none
    quote: QuoteReading | None = None
    settlement: SettlementReading | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """What a venue said of the markets that it was asked for, by external id.

    Each is in exactly one of the two: read, or failed with the reason.
    """

    readings: dict[str, MarketReading]
    failures: dict[str, str]
