"""How a market of Polymarket ended: which field decides, and which one forbids to.

A settlement is final for whoever was scored by it, so in doubt there is none yet.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from apps.markets.domain.markets import ONE, MarketStatus, SettlementReading
from apps.markets.domain.payloads import (
    PayloadError,
    read_flag,
    read_list,
    read_object,
    read_text,
    to_number,
    to_share,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    Prices = tuple[Decimal, Decimal]

# A price at or beyond these is the payout that it stands for.
SURE_WINNER = Decimal("0.999")
SURE_LOSER = Decimal("0.001")
HALF = Decimal("0.5")
# The price that the oracle's adapter keeps where none is set.
NOT_SET = Decimal(69)
# The oracle counts a whole share as this many; the conditional tokens as the second.
_ORACLE_ONE = Decimal(10) ** 18
# Prices of a fractional end add up to one, or say nothing.
_SUM_ERROR = Decimal("0.001")
_TWO = 2

# By the oracle's word: a proposal can be disputed, and a dispute can turn it round.
_HELD = {
    "proposed": MarketStatus.PROPOSED,
    "disputed": MarketStatus.DISPUTED,
    "posed": MarketStatus.PROPOSED,
}


def find_hold(oracle_status: str, *, is_closed: bool) -> MarketStatus | None:
    """Return the status of a market whose settlement has to wait, else None.

    The oracle's status is a veto and never a requirement: most markets that were
    settled long ago have none. Where it has spoken and the market is about to close,
    the answer is known and nothing is final yet.
    """
    word = oracle_status.lower()
    if word == "resolved" and not is_closed:
        return MarketStatus.PROPOSED
    return _HELD.get(word)


def settle_by_prices(
    prices: Prices | None, *, settled_at: datetime | None
) -> SettlementReading | None:
    """Decide by the prices that a closed market ended with.

    One at 0.999 or more with the other at 0.001 or less is a winner. Two zeros say
    nothing. Anything between is an end in parts, which is void and never rounded.
    """
    if prices is None:
        return None
    first, second = prices
    evidence: dict[str, object] = {"outcomePrices": [str(first), str(second)]}
    if max(prices) >= SURE_WINNER and min(prices) <= SURE_LOSER:
        payout = ONE if first > second else ONE - ONE
        rule = "gamma.outcome_prices"
        return SettlementReading(payout, False, rule, evidence, settled_at)  # noqa: FBT003
    if abs(first + second - ONE) > _SUM_ERROR:
        return None
    rule = "gamma.fractional_prices"
    return SettlementReading(first, True, rule, evidence, settled_at)  # noqa: FBT003


def settle_by_winners(
    raw: Mapping[str, object],
    token_ids: Sequence[str],
    *,
    settled_at: datetime | None,
) -> SettlementReading | None:
    """Decide by the winners that the order book's market names.

    Both are winners where it ended 50/50; without any it is not final.

    Raises:
        PayloadError: the answer is not about these two tokens.
    """
    if not read_flag(raw, "closed"):
        return None
    tokens = [read_object(one, "tokens") for one in read_list(raw, "tokens")]
    won = {read_text(one, "token_id"): read_flag(one, "winner") for one in tokens}
    if len(won) != _TWO or set(won) != set(token_ids):
        raise PayloadError("tokens are not those of the market")
    first, second = (won[token] for token in token_ids)
    if not (first or second):
        return None
    evidence: dict[str, object] = {"winners": [first, second]}
    if first and second:
        return SettlementReading(
            HALF,
            is_void=True,
            rule="clob.both_winners",
            evidence=evidence,
            settled_at=settled_at,
        )
    return SettlementReading(
        ONE if first else ONE - ONE,
        is_void=False,
        rule="clob.winner",
        evidence=evidence,
        settled_at=settled_at,
    )


def settle_by_resolution(
    raw: Mapping[str, object], *, settled_at: datetime | None
) -> SettlementReading | None:
    """Decide by a row of the Data API's resolutions.

    Only a resolved one decides. 69 stands for a price that is not set.

    Raises:
        PayloadError: the price is none of an outcome.
    """
    if read_text(raw, "status").lower() != "resolved":
        return None
    price = to_number(raw.get("price"), "price")
    if price is None or price == NOT_SET:
        return None
    payout = to_share(price / _ORACLE_ONE if price > ONE else price, "price")
    evidence: dict[str, object] = {
        "status": "resolved",
        "price": str(price),
        "was_disputed": read_flag(raw, "was_disputed"),
    }
    is_void = payout not in (Decimal(0), ONE)
    return SettlementReading(
        payout,
        is_void=is_void,
        rule="data.resolution",
        evidence=evidence,
        settled_at=settled_at,
    )
