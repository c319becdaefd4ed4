"""What predictions would have earned at the prices at which one could really trade.

A share of the outcome is bought at the ask, a share of the other one at 1 − bid; never
at the mid, at which nobody sells. What the venue takes is paid on top. Depth is not
known: stakes are taken to be small enough for the first price.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from apps.predictions.domain.figures import Figure, mean_figure, pick

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from apps.core.domain.moments import BoolArray, FloatArray

KELLY_SHARE = 0.25
HOURS_A_YEAR = 24 * 365.25
NO_BET = "no settled prediction had a price worth a bet"
NO_OFFER = "no settled prediction had both a bid and an ask, and a known fee"


class Staking(StrEnum):
    """How much each bet is."""

    FLAT = "flat"  # one unit, whatever the edge
    QUARTER_KELLY = "quarter-kelly"  # a quarter of Kelly's share of a bank of one unit


@dataclass(frozen=True, slots=True, eq=False)
class Offers:
    """Settled predictions with the prices of their moment, as columns; NaN: unknown.

    Everything is of the predicted outcome. `payouts` is what its share paid: 0, 1, or
    in between where the market ended in parts. `fee_rates` is 0 where the venue takes
    nothing and NaN where nobody knows, `held_hours` how long the stake was tied up.
    """

    probabilities: FloatArray
    bids: FloatArray
    asks: FloatArray
    payouts: FloatArray
    fee_rates: FloatArray
    fee_exponents: FloatArray
    held_hours: FloatArray
    clusters: Sequence[Hashable]


@dataclass(frozen=True, slots=True)
class ProfitAndLoss:
    """Bets by one rule of staking, in units of the flat stake (or of the bank).

    `unquoted` predictions had no bid, no ask or no known fee: no bet was possible;
    `abstained` saw no price with an edge after fees. `profit_per_unit` is the mean over
    events of what a staked unit earned, `per_unit_year` profit by the stake's time.
    """

    staking: Staking
    bets: int
    on_outcome: int
    against: int
    abstained: int
    unquoted: int
    staked: float
    fees: float
    profit: float
    profit_per_unit: Figure
    per_unit_year: float | None


@dataclass(frozen=True, slots=True, eq=False)
class _Bets:
    on_outcome: BoolArray
    against: BoolArray
    price: FloatArray
    fee: FloatArray  # a share
    belief: FloatArray
    payout: FloatArray


def settle_bets(offers: Offers, staking: Staking) -> ProfitAndLoss:
    """Will bet on every prediction with an edge after fees, and pay what came of it.

    The fee of a share bought at p is rate · (p · (1 − p)) ** exponent. With cost c =
    price + fee and belief b, an edge is b > c. A flat bet stakes one unit, which buys
    1/c shares; Kelly's share of the bank is (b − c) / (1 − c) (Kelly 1956, Bell System
    Technical J. 35:917-926, for a share that pays 1), of which a quarter is staked and
    the bank is set back to one unit before every bet, for bets overlap in time.
    """
    unquoted = np.isnan(offers.bids) | np.isnan(offers.asks)
    unquoted |= np.isnan(offers.fee_rates)
    bets = _place(offers)
    placed = bets.on_outcome | bets.against
    cost = bets.price + bets.fee
    stake = _stakes(bets.belief, cost, staking, placed)
    shares = np.divide(stake, cost, out=np.zeros_like(stake), where=placed)
    profit = np.where(placed, shares * bets.payout - stake, 0.0)
    return ProfitAndLoss(
        staking=staking,
        bets=int(placed.sum()),
        on_outcome=int(bets.on_outcome.sum()),
        against=int(bets.against.sum()),
        abstained=int((~placed & ~unquoted).sum()),
        unquoted=int(unquoted.sum()),
        staked=float(stake.sum()),
        fees=float((shares * np.where(placed, bets.fee, 0.0)).sum()),
        profit=float(profit.sum()),
        profit_per_unit=_per_unit(
            profit, stake, offers.clusters, NO_OFFER if unquoted.all() else NO_BET
        ),
        per_unit_year=_per_unit_year(profit, stake, offers.held_hours),
    )


def fee_per_share(
    prices: FloatArray, rates: FloatArray, exponents: FloatArray
) -> FloatArray:
    """Will give what a venue takes for one share bought at each price."""
    return np.asarray(rates * (prices * (1 - prices)) ** exponents)


def _place(offers: Offers) -> _Bets:
    """Take the side with an edge; both sides never have one, as ask ≥ bid."""
    q, other = offers.probabilities, 1 - offers.bids
    ask_fee = fee_per_share(offers.asks, offers.fee_rates, offers.fee_exponents)
    other_fee = fee_per_share(other, offers.fee_rates, offers.fee_exponents)
    two_sided = ~np.isnan(offers.bids) & ~np.isnan(offers.asks)
    yes = two_sided & (q > offers.asks + ask_fee) & (offers.asks > 0)
    no = two_sided & (1 - q > other + other_fee) & (other > 0) & ~yes
    return _Bets(
        on_outcome=yes,
        against=no,
        price=np.where(yes, offers.asks, other),
        fee=np.where(yes, ask_fee, other_fee),
        belief=np.where(yes, q, 1 - q),
        payout=np.where(yes, offers.payouts, 1 - offers.payouts),
    )


def _stakes(
    belief: FloatArray, cost: FloatArray, staking: Staking, placed: BoolArray
) -> FloatArray:
    if staking is Staking.FLAT:
        return np.where(placed, 1.0, 0.0)
    share = np.divide(belief - cost, 1 - cost, out=np.zeros_like(cost), where=placed)
    return np.where(placed, KELLY_SHARE * share, 0.0)


def _per_unit(
    profit: FloatArray, stake: FloatArray, clusters: Sequence[Hashable], missing: str
) -> Figure:
    placed = stake > 0
    names = pick(clusters, placed)
    return mean_figure(profit[placed] / stake[placed], names, missing=missing)


def _per_unit_year(
    profit: FloatArray, stake: FloatArray, held_hours: FloatArray
) -> float | None:
    """Return profit by unit-years; None unless it is known how long each was held."""
    placed = stake > 0
    tied = float((stake[placed] * held_hours[placed]).sum()) / HOURS_A_YEAR
    return float(profit.sum()) / tied if tied > 0 else None
