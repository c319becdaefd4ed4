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
# The oracle counts a whole share as 10 ** 18, the Data API as 10 ** 6. A price between
# the two ranges is of neither, and to take it for the other one turns an end round.
_ORACLE_ONE = Decimal(10) ** 18
_DATA_ONE = Decimal(10) ** 6
_LEAST_OF_ORACLE = _ORACLE_ONE / 1000
# Prices of a fractional end add up to one, or say nothing.
_SUM_ERROR = Decimal("0.001")
_TWO = 2

# By the oracle's word: a proposal can be disputed, and a dispute can turn it round.
_HELD = {
    "posed": MarketStatus.PROPOSED,
    "proposed": MarketStatus.PROPOSED,
    "reproposed": MarketStatus.PROPOSED,
    "challenged": MarketStatus.DISPUTED,
    "disputed": MarketStatus.DISPUTED,
    "arbitration": MarketStatus.DISPUTED,
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

    Both are winners where it ended 50/50, or none is and it says so of itself, with
    both at a half; otherwise it is not final without a winner.

    Raises:
        PayloadError: the answer is not about these two tokens, or contradicts itself.
    """
    if not read_flag(raw, "closed"):
        return None
    tokens = [read_object(one, "tokens") for one in read_list(raw, "tokens")]
    won = {read_text(one, "token_id"): read_flag(one, "winner") for one in tokens}
    if len(won) != _TWO or set(won) != set(token_ids):
        raise PayloadError("tokens are not those of the market")
    first, second = (won[token] for token in token_ids)
    evidence: dict[str, object] = {"winners": [first, second]}
    is_even = read_flag(raw, "is_50_50_outcome")
    if is_even and first is not second:
        raise PayloadError("is_50_50_outcome is true, and a token is the winner")
    if first is second:
        prices = [to_number(one.get("price"), "price") for one in tokens]
        if not first and not (is_even and prices == [HALF, HALF]):
            return None
        rule = "clob.both_winners"
        if not first:
            rule = "clob.fifty_fifty"
            evidence["is_50_50_outcome"] = True
        return SettlementReading(
            HALF,
            is_void=True,
            rule=rule,
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

    Only a resolved one decides: by the payouts of both outcomes, which a row by
    condition has, else by its price, of which 69 stands for one that is not set. Where
    both are there they say the same, or nothing.

    Raises:
        PayloadError: a field is none of an outcome, or they contradict each other.
    """
    if read_text(raw, "status").lower() != "resolved":
        return None
    paid, priced = _read_payouts(raw), _read_price(raw)
    if paid is not None and priced is not None and paid != priced:
        raise PayloadError(f"price says {priced}, and payouts say {paid}")
    payout = priced if paid is None else paid
    if payout is None:
        return None
    evidence: dict[str, object] = {
        "status": "resolved",
        "price": read_text(raw, "price"),
        "payouts": [str(one) for one in read_list(raw, "payouts")],
        "was_disputed": read_flag(raw, "was_disputed"),
    }
    return SettlementReading(
        payout,
        is_void=payout not in (0, 1),
        rule="data.resolution",
        evidence=evidence,
        settled_at=settled_at,
    )


def _read_payouts(raw: Mapping[str, object]) -> Decimal | None:
    """Return what a share of the first outcome pays; both pay a whole one together."""
    told = [to_number(one, "payouts") for one in read_list(raw, "payouts")]
    if not told:
        return None
    parts = [one for one in told if one is not None]
    if len(told) != _TWO or len(parts) != _TWO or sum(parts) != _DATA_ONE:
        raise PayloadError(f"payouts are not two parts of {_DATA_ONE}")
    return to_share(parts[0] / _DATA_ONE, "payouts")


def _read_price(raw: Mapping[str, object]) -> Decimal | None:
    price = to_number(raw.get("price"), "price")
    if price is None or price == NOT_SET:
        return None
    if price <= ONE:
        return to_share(price, "price")
    if price <= _DATA_ONE:
        return to_share(price / _DATA_ONE, "price")
    if price < _LEAST_OF_ORACLE:
        raise PayloadError(f"price is {price}, which is of no known scale")
    return to_share(price / _ORACLE_ONE, "price")
