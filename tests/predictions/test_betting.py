from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from apps.predictions.domain.betting import (
    Offers,
    ProfitAndLoss,
    Staking,
    settle_bets,
)

NAN = float("nan")


def bet(staking: Staking = Staking.FLAT, **columns: Any) -> ProfitAndLoss:
    """Settle the bets of columns, of which those left out are of no consequence."""
    n = len(columns["q"])
    clusters = columns.pop("events", range(n))
    defaults = {"fee": 0.0, "exponent": 1.0, "step": 0.0, "held": 24.0}
    defaults |= {"bid": 0.59, "ask": 0.61}
    q, payout, bid, ask, fee, exponent, step, held = (
        np.broadcast_to(np.array(columns.get(name, defaults.get(name)), dtype=float), n)
        for name in ("q", "payout", "bid", "ask", "fee", "exponent", "step", "held")
    )
    return settle_bets(
        Offers(q, bid, ask, payout, fee, exponent, step, held, clusters), staking
    )


def test_a_share_is_bought_at_the_ask_and_the_other_one_at_one_less_the_bid() -> None:
    won = bet(q=[0.75], payout=[1.0])
    assert (won.bets, won.on_outcome, won.against) == (1, 1, 0)
    assert won.profit == pytest.approx(1 / 0.61 - 1)
    against = bet(q=[0.4], payout=[0.0])
    assert (against.bets, against.on_outcome, against.against) == (1, 0, 1)
    assert against.profit == pytest.approx(1 / 0.41 - 1)


def test_a_lost_bet_costs_the_stake() -> None:
    assert bet(q=[0.75], payout=[0.0]).profit == pytest.approx(-1.0)
    assert bet(q=[0.4], payout=[1.0]).profit == pytest.approx(-1.0)


def test_an_end_in_halves_pays_half_to_both_sides() -> None:
    assert bet(q=[0.75], payout=[0.5]).profit == pytest.approx(0.5 / 0.61 - 1)
    assert bet(q=[0.4], payout=[0.5]).profit == pytest.approx(0.5 / 0.41 - 1)


def test_between_bid_and_ask_there_is_no_bet() -> None:
    found = bet(q=[0.6, 0.61, 0.59], payout=[1.0, 1.0, 1.0])
    assert (found.bets, found.abstained, found.profit, found.staked) == (0, 3, 0, 0)
    assert found.profit_per_unit.value is None
    assert found.profit_per_unit.reason == (
        "no settled prediction had a price worth a bet"
    )
    assert found.per_unit_year is None


def test_without_both_sides_there_is_no_bet_even_at_a_tempting_price() -> None:
    found = bet(q=[0.9, 0.9], payout=[1.0, 1.0], bid=[NAN, 0.1], ask=[0.2, NAN])
    assert (found.bets, found.unquoted, found.abstained) == (0, 2, 0)
    assert found.profit_per_unit.reason.endswith("a bid and an ask, and a known fee")


def test_without_a_known_fee_there_is_no_bet() -> None:
    for staking in Staking:
        found = bet(staking, q=[0.9, 0.1], payout=[1.0, 0.0], fee=NAN)
        assert (found.bets, found.unquoted, found.abstained) == (0, 2, 0)
        assert (found.fees, found.profit, found.staked) == (0, 0, 0)
        assert found.profit_per_unit.reason.endswith("and a known fee")


def test_the_fee_is_paid_on_top_of_the_price() -> None:
    found = bet(q=[0.75], payout=[1.0], fee=0.07)
    fee = 0.07 * 0.61 * 0.39
    assert found.profit == pytest.approx(1 / (0.61 + fee) - 1)
    assert found.fees == pytest.approx(fee / (0.61 + fee))
    squared = bet(q=[0.75], payout=[1.0], fee=0.25, exponent=2.0)
    assert squared.fees > 0
    assert squared.profit == pytest.approx(1 / (0.61 + 0.25 * (0.61 * 0.39) ** 2) - 1)


def test_a_fee_that_eats_the_edge_leaves_no_bet() -> None:
    assert bet(q=[0.62], payout=[1.0]).bets == 1
    found = bet(q=[0.62], payout=[1.0], fee=0.07)
    assert (found.bets, found.abstained) == (0, 1)


def test_a_fee_is_rounded_up_to_the_next_cent() -> None:
    # 100 dollars buy 159.58 shares, for which 2.6577 dollars become 2.66.
    found = bet(q=[0.75], payout=[1.0], fee=0.07, step=0.01)
    assert found.fees == pytest.approx(0.0266)
    assert found.staked == 1.0
    assert found.profit == pytest.approx((1 - 0.0266) / 0.61 - 1)
    against = bet(q=[0.4], payout=[0.0], fee=0.07, step=0.01)
    assert against.profit == pytest.approx((1 - against.fees) / 0.41 - 1)
    assert against.fees * 100 == pytest.approx(round(against.fees * 100, 2))


def test_a_fee_that_is_whole_already_is_rounded_no_further() -> None:
    # 200 shares at 7 cents each are 14 dollars, which floats have as a little more.
    found = bet(q=[0.75], payout=[1.0], ask=0.43, bid=0.4, fee=0.07, exponent=0, step=1)
    assert found.fees == pytest.approx(0.14)
    assert found.profit == pytest.approx(1.0)
    none = bet(q=[0.75], payout=[1.0], fee=0.0, step=0.01)
    assert none.fees == 0
    assert none.profit == pytest.approx(1 / 0.61 - 1)


def test_a_stake_whose_edge_the_rounding_eats_is_not_made() -> None:
    how: dict[str, Any] = {"q": [0.6278], "payout": [1.0], "fee": 0.07}
    exact = bet(Staking.QUARTER_KELLY, **how)
    assert (exact.bets, exact.staked > 0) == (1, True)
    rounded = bet(Staking.QUARTER_KELLY, step=0.01, **how)
    assert (rounded.bets, rounded.abstained, rounded.staked) == (0, 1, 0.0)


def test_a_quarter_of_kellys_share_is_staked() -> None:
    found = bet(Staking.QUARTER_KELLY, q=[0.75], payout=[1.0])
    stake = 0.25 * (0.75 - 0.61) / 0.39
    assert found.staked == pytest.approx(stake)
    assert found.profit == pytest.approx(stake * (1 / 0.61 - 1))
    assert found.profit_per_unit.value == pytest.approx(1 / 0.61 - 1)


def test_certainty_stakes_a_quarter_of_the_bank() -> None:
    assert bet(Staking.QUARTER_KELLY, q=[1.0], payout=[1.0]).staked == 0.25


def test_what_a_unit_earned_weighs_every_event_the_same() -> None:
    found = bet(
        q=[0.75, 0.75, 0.75], payout=[1.0, 1.0, 0.0], events=["a", "a", "b"], held=12.0
    )
    won = 1 / 0.61 - 1
    assert found.profit == pytest.approx(2 * won - 1)
    assert found.profit_per_unit.value == pytest.approx((won - 1) / 2)
    assert (found.profit_per_unit.n, found.profit_per_unit.events) == (3, 2)
    assert found.per_unit_year == pytest.approx((2 * won - 1) / (36 / 8766))


def test_a_fair_market_with_a_spread_takes_the_spread_from_whoever_knows_nothing() -> (
    None
):
    rng = np.random.default_rng(13)
    p = rng.uniform(0.2, 0.8, 200_000)
    q = np.clip(p + rng.choice([-0.1, 0.1], p.size), 0, 1)
    y = (rng.uniform(size=p.size) < p).astype(float)
    found = bet(q=q, payout=y, bid=p - 0.01, ask=p + 0.01)
    cost = np.where(q > p, p + 0.01, 1 - p + 0.01)
    expected = (np.where(q > p, p, 1 - p) / cost - 1).mean()
    assert found.bets == p.size
    assert found.profit_per_unit.value == pytest.approx(expected, abs=0.01)
    assert expected < -0.015
