"""Several probabilities into one, and what the members' past is worth."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.predictions.domain.ensembles import (
    EventSkill,
    Method,
    PastSkill,
    combine,
    skill_weights,
    trimmed_mean,
)

shares = st.floats(0, 1)


def past(*skills: float, error: float = 0.25, start: int = 0) -> PastSkill:
    """A member whose skill on one event after the other was this."""
    return PastSkill(
        {f"e{start + n}": EventSkill(skill, error) for n, skill in enumerate(skills)}
    )


def test_the_median_is_the_middle_or_between_the_two_middle_ones() -> None:
    assert combine(Method.MEDIAN, [0.9, 0.1, 0.2], []) == 0.2
    assert combine(Method.MEDIAN, [0.9, 0.1, 0.2, 0.4], []) == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("values", "mean"),
    [
        ([0.2, 0.4], 0.3),
        ([0.0, 0.3, 1.0], 0.3),
        ([0.0, 0.2, 0.4, 1.0], 0.3),
        ([0.0, 0.0, 0.2, 0.2, 0.3, 0.3, 0.4, 0.4, 1.0, 1.0], 0.3),
    ],
)
def test_a_fifth_is_cut_off_at_either_end(values: list[float], mean: float) -> None:
    assert trimmed_mean(values[::-1]) == pytest.approx(mean)
    assert combine(Method.TRIMMED, values, []) == pytest.approx(mean)


def test_without_a_past_the_weights_are_equal() -> None:
    assert skill_weights([PastSkill()] * 4, "e") == [0.25] * 4


def test_the_weights_are_those_of_the_documented_formula() -> None:
    members = [past(*[0.1] * 20), past(*[-0.1] * 20), PastSkill()]
    # S̄ = 0 over 40 events: s = 20·0.1/40 = 0.05, -0.05, 0; errors 0.2, 0.3, 0.25.
    inverse = [1 / 0.2, 1 / 0.3, 1 / 0.25]
    expected = [one / sum(inverse) for one in inverse]
    assert skill_weights(members, "other") == pytest.approx(expected)


def test_a_short_record_is_worth_less_than_a_long_one() -> None:
    short = skill_weights([past(0.1), past(-0.1)], "x")[0]
    long = skill_weights([past(*[0.1] * 200), past(*[-0.1] * 200)], "x")[0]
    assert 0.5 < short < 0.52 < long


def test_nothing_of_the_event_that_is_predicted_is_used() -> None:
    before = [past(0.02, 0.01), past(-0.02, 0.03)]
    knowing = [past(0.02, 0.01, 0.9), past(-0.02, 0.03, -0.9)]
    assert skill_weights(knowing, "e2") == pytest.approx(skill_weights(before, "e2"))
    assert skill_weights(knowing, "e9")[0] > skill_weights(before, "e9")[0] + 0.01
    alone = [past(0.5), past(-0.5)]
    assert skill_weights(alone, "e0") == [0.5, 0.5]


def test_an_error_below_all_expectation_makes_no_boundless_weight() -> None:
    seer = past(*[0.3] * 1000, error=0.25)
    low, high = skill_weights([seer, past(*[0.0] * 1000)], "x")[::-1]
    assert high == pytest.approx(1 / 0.01 / (1 / 0.01 + 1 / low_error(low, high)))


def low_error(low: float, high: float) -> float:
    """The error that the weaker member's weight stands for, the other's being least."""
    return 0.01 * high / low


@given(st.lists(st.tuples(shares, st.lists(st.floats(-1, 1), max_size=30)), min_size=2))
def test_weights_add_up_and_the_pool_lies_among_its_members(
    members: list[tuple[float, list[float]]],
) -> None:
    weights = skill_weights([past(*skills) for _, skills in members], "e3")
    assert sum(weights) == pytest.approx(1)
    assert min(weights) > 0
    values = [value for value, _ in members]
    for method in Method:
        pooled = combine(method, values, weights)
        assert min(values) - 1e-12 <= pooled <= max(values) + 1e-12


@given(st.lists(st.floats(-0.2, 0.2), min_size=1, max_size=40), st.floats(0.001, 0.2))
def test_more_skill_on_the_same_events_is_never_less_weight(
    skills: list[float], more: float
) -> None:
    better = past(*(one + more for one in skills))
    first, second = skill_weights([better, past(*skills)], "other")
    assert first >= second
