"""What predictions would have earned at the prices at which one could really trade.

A share of the outcome is bought at the ask, a share of the other one at 1 − bid; never
at the mid, at which nobody sells. What the venue takes is paid on top, by its published
formula. Depth is not known: how much was offered at a price is not kept, so stakes are
taken to be small enough for the first one.
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
# What a unit is of the venue's money; it counts only where fees are rounded up.
UNIT = 100.0
# A product of floats may lie this far above the multiple that it is, in multiples.
_ROUNDING_ERROR = 1e-9
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
    nothing and NaN where nobody knows; `fee_steps` is what a fee is rounded up to a
    multiple of, 0 where it is not. `held_hours` is how long the stake was tied up.
    """

    probabilities: FloatArray
    bids: FloatArray
    asks: FloatArray
    payouts: FloatArray
    fee_rates: FloatArray
    fee_exponents: FloatArray
    fee_steps: FloatArray
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


@dataclass(frozen=True, slots=True, eq=False)
class _Bought:
    placed: BoolArray
    stake: FloatArray  # with the fees in it
    fees: FloatArray
    shares: FloatArray


def settle_bets(offers: Offers, staking: Staking) -> ProfitAndLoss:
    """Will bet on every prediction with an edge after fees, and pay what came of it.

    The fee of n shares bought at p is rate · (p · (1 − p)) ** exponent · n, rounded up
    where the venue does. Polymarket: docs.polymarket.com, Trading fees. Kalshi: to the
    next cent of 0.07 · multiplier · C · P · (1 − P); Kalshi Fee Schedule, General
    Trading Fees (kalshi.com/docs/kalshi-fee-schedule.pdf).

    With cost c = price + fee and belief b, an edge is b > c. A flat bet stakes one
    unit, fee included; Kelly's share of the bank is (b − c) / (1 − c) (Kelly 1956, Bell
    System Technical J. 35:917-926, for a share that pays 1), of which a quarter is
    staked and the bank is set back to one unit before every bet, for bets overlap in
    time. A stake so small that rounding eats its edge is not made.
    """
    unquoted = np.isnan(offers.bids) | np.isnan(offers.asks)
    unquoted |= np.isnan(offers.fee_rates)
    sides = _place(offers)
    bought = _buy(sides, offers.fee_steps, staking)
    placed, stake = bought.placed, bought.stake
    profit = np.where(placed, bought.shares * sides.payout - stake, 0.0)
    return ProfitAndLoss(
        staking=staking,
        bets=int(placed.sum()),
        on_outcome=int((placed & sides.on_outcome).sum()),
        against=int((placed & sides.against).sum()),
        abstained=int((~placed & ~unquoted).sum()),
        unquoted=int(unquoted.sum()),
        staked=float(stake.sum()),
        fees=float(bought.fees.sum()),
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


def _buy(sides: _Bets, fee_steps: FloatArray, staking: Staking) -> _Bought:
    """Buy what a stake pays for after its fee; the fee is that of the whole stake."""
    edge = sides.on_outcome | sides.against
    cost = sides.price + sides.fee
    stake = _stakes(sides.belief, cost, staking, edge)
    shares = np.divide(stake, cost, out=np.zeros_like(stake), where=edge)
    fees = np.where(edge, shares * sides.fee, 0.0)
    rounded = edge & (fee_steps > 0)
    steps = np.divide(fees * UNIT, fee_steps, out=np.zeros_like(fees), where=rounded)
    fees = np.where(rounded, np.ceil(steps - _ROUNDING_ERROR) * fee_steps / UNIT, fees)
    left = np.divide(stake - fees, sides.price, out=np.zeros_like(stake), where=rounded)
    shares = np.where(rounded, left, shares)
    placed = edge & ~(rounded & (sides.belief * shares <= stake))
    return _Bought(
        placed, *(np.where(placed, one, 0.0) for one in (stake, fees, shares))
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
