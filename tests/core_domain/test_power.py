from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from apps.core.domain.paired import mcnemar_exact
from apps.core.domain.power import (
    Design,
    least_detectable_difference,
    least_detectable_discordant,
    units_needed,
)

Z_ALPHA, Z_POWER = stats.norm.ppf(0.975), stats.norm.ppf(0.8)


def power_of_mcnemar(delta: float, discordance: float, n: int) -> float:
    """Sum, over every outcome, the probability of those that McNemar rejects."""
    wins, losses = (discordance + delta) / 2, (discordance - delta) / 2
    power = 0.0
    for disagreeing in range(n + 1):
        chance = stats.binom.pmf(disagreeing, n, discordance)
        if chance < 1e-9:
            continue
        won = np.arange(disagreeing + 1)
        rejected = [mcnemar_exact(w, disagreeing - w) <= 0.05 for w in won.tolist()]
        power += (
            chance
            * stats.binom.pmf(won, disagreeing, wins / (wins + losses))[rejected].sum()
        )
    return power


@pytest.mark.parametrize("n", [5, 10, 30, 200])
def test_a_difference_of_that_size_is_found_four_times_in_five(n: int) -> None:
    delta = least_detectable_difference(0.4, n)
    assert delta is not None
    shift = delta / (0.4 / math.sqrt(n))
    found = stats.nct.sf(stats.t.ppf(0.975, n - 1), n - 1, shift)
    assert found == pytest.approx(0.8, abs=0.03 if n < 10 else 0.01)


@given(sd=st.floats(0.01, 5), alpha=st.floats(0.001, 0.2), power=st.floats(0.5, 0.99))
def test_many_items_give_the_normal_formula(
    sd: float, alpha: float, power: float
) -> None:
    n = 1_000_000
    delta = least_detectable_difference(sd, n, design=Design(alpha, power))
    multiplier = stats.norm.ppf(1 - alpha / 2) + stats.norm.ppf(power)
    assert delta == pytest.approx(multiplier * sd / 1000, rel=1e-4)


@pytest.mark.parametrize(("sd", "n"), [(0.3, 1), (0.0, 50), (0.3, 0)])
def test_without_spread_nothing_can_be_said(sd: float, n: int) -> None:
    assert least_detectable_difference(sd, n) is None


@given(discordance=st.floats(0, 1), n=st.integers(6, 5000))
def test_the_discordant_formula_solves_connors_equation(
    discordance: float, n: int
) -> None:
    delta = least_detectable_discordant(discordance, n)
    assert delta is not None
    floor = stats.beta.ppf(0.8, 6, n - 5)
    assert delta >= floor - 1e-12
    if delta > floor + 1e-12:
        spread = math.sqrt(max(discordance - delta**2, 0))
        right = Z_ALPHA * math.sqrt(discordance) + Z_POWER * spread
        assert delta * math.sqrt(n) == pytest.approx(right, rel=1e-6)


@pytest.mark.parametrize(("discordance", "n"), [(0.2, 100), (0.35, 150), (0.5, 60)])
def test_mcnemar_finds_that_difference_about_four_times_in_five(
    discordance: float, n: int
) -> None:
    delta = least_detectable_discordant(discordance, n)
    assert delta is not None
    # The exact test is conservative, so it falls a little short of the formula.
    assert 0.72 < power_of_mcnemar(delta, discordance, n) < 0.81


@pytest.mark.parametrize("n", [6, 20, 100])
def test_models_that_never_disagreed_still_need_six_disagreements(n: int) -> None:
    delta = least_detectable_discordant(0.0, n)
    assert delta is not None
    assert stats.binom.sf(5, n, delta) == pytest.approx(0.8)
    assert power_of_mcnemar(delta - 1e-9, delta, n) == pytest.approx(0.8, abs=1e-3)


def test_five_items_can_show_nothing() -> None:
    assert mcnemar_exact(5, 0) > 0.05
    assert least_detectable_discordant(1.0, 5) is None
    assert least_detectable_discordant(1.0, 6) is not None


def test_more_items_show_smaller_differences() -> None:
    found = [least_detectable_discordant(0.3, n) or math.inf for n in range(6, 400)]
    assert found == sorted(found, reverse=True)


def test_a_discordance_above_one_is_refused() -> None:
    with pytest.raises(ValueError, match="discordance"):
        least_detectable_discordant(1.2, 10)


@pytest.mark.parametrize("difference", [0.5, 0.1, -0.1, 0.013])
def test_the_units_needed_are_the_fewest_that_show_the_difference(
    difference: float,
) -> None:
    n = units_needed(difference, 0.4)
    assert n is not None
    enough = least_detectable_difference(0.4, n)
    one_less = least_detectable_difference(0.4, n - 1)
    assert enough is not None
    assert enough <= abs(difference)
    assert one_less is None or one_less > abs(difference)


def test_the_units_needed_find_the_difference_four_times_in_five() -> None:
    n = units_needed(0.05, 0.2)
    assert n == 128
    drawn = np.random.default_rng(31).normal(0.05, 0.2, size=(4000, n))
    found = stats.ttest_1samp(drawn, 0, axis=1).pvalue <= 0.05
    assert found.mean() == pytest.approx(0.8, abs=0.02)


@pytest.mark.parametrize(("difference", "spread"), [(0.0, 0.4), (0.1, 0.0), (1e-9, 5)])
def test_no_number_of_units_shows_what_is_not_there(
    difference: float, spread: float
) -> None:
    assert units_needed(difference, spread) is None
