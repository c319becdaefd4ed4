"""A quote out of two sides, with what speaks against it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from apps.markets.domain.markets import (
    NO_FLAGS,
    ONE,
    WIDE_SPREAD,
    QuoteFlag,
    QuoteReading,
)

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

# An answer older than this came out of a cache that matters.
CACHED_AFTER_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Seen:
    """When an answer was true: `at` has the cache's `age_seconds` taken off."""

    at: datetime
    age_seconds: int = 0

    @property
    def flags(self) -> QuoteFlag:
        """Return the flag that such an age earns."""
        return QuoteFlag.CACHED if self.age_seconds > CACHED_AFTER_SECONDS else NO_FLAGS


def make_quote(
    seen: Seen,
    *,
    source: str,
    sides: tuple[Decimal | None, Decimal | None],
    last: Decimal | None,
    liquidity: Decimal | None = None,
    flags: QuoteFlag = NO_FLAGS,
) -> QuoteReading:
    """Build a quote from its best bid and ask, with what speaks against it.

    A bid of 0 and an ask of 1 are how an empty side is written. Where a side is
    missing there is no mid: Gamma then prints half of the ask, which nobody offered.
    Where the sides cross, one of them is old, so that is no mid either.
    """
    bid = sides[0] or None
    ask = None if sides[1] == ONE else sides[1]
    mid = None
    flags |= seen.flags
    if bid is None or ask is None:
        flags |= QuoteFlag.ONE_SIDED
    elif bid > ask:
        flags |= QuoteFlag.STALE
    else:
        mid = (bid + ask) / 2
        flags |= QuoteFlag.WIDE if ask - bid > WIDE_SPREAD else NO_FLAGS
    return QuoteReading(
        observed_at=seen.at,
        source=source,
        bid=bid,
        ask=ask,
        mid=mid,
        last=last or None,  # 0 is what a market without a trade says
        liquidity=liquidity,
        age_seconds=seen.age_seconds,
        flags=flags,
    )
