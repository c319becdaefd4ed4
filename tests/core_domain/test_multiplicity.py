from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from apps.core.domain.multiplicity import benjamini_hochberg_adjust, holm_adjust

p_values = st.lists(st.floats(0, 1), min_size=1, max_size=30)


@given(p=p_values, alpha=st.floats(0.001, 0.5))
def test_holm_rejects_what_stepping_down_rejects(p: list[float], alpha: float) -> None:
    rejected = set()
    for step, i in enumerate(sorted(range(len(p)), key=lambda i: p[i])):
        if p[i] * (len(p) - step) > alpha:
            break
        rejected.add(i)
    adjusted = holm_adjust(p)
    assert {i for i, value in enumerate(adjusted) if value <= alpha} == rejected


@given(p=p_values)
def test_holm_lies_between_the_plain_and_the_bonferroni_value(p: list[float]) -> None:
    for plain, adjusted in zip(p, holm_adjust(p), strict=True):
        assert plain <= adjusted <= min(1.0, plain * len(p))


@given(p=p_values, seed=st.integers(0, 99))
def test_holm_does_not_depend_on_the_order(p: list[float], seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(p))
    shuffled = holm_adjust([p[i] for i in order])
    assert shuffled == tuple(holm_adjust(p)[i] for i in order)


def test_holm_of_the_textbook_example() -> None:
    assert holm_adjust([0.01, 0.04, 0.03, 0.005]) == pytest.approx(
        (0.03, 0.06, 0.06, 0.02)
    )


@given(p=p_values)
def test_benjamini_and_hochbergs_values_are_scipys(p: list[float]) -> None:
    theirs = stats.false_discovery_control(p, method="bh")
    assert benjamini_hochberg_adjust(p) == pytest.approx(tuple(theirs))


def test_the_textbook_example_of_a_false_discovery_rate() -> None:
    # Benjamini and Hochberg 1995, section 3.2: four of fifteen are discoveries.
    p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459]
    p += [0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0]
    found = benjamini_hochberg_adjust(p)
    assert [value <= 0.05 for value in found] == [True] * 4 + [False] * 11


def test_of_the_discoveries_five_in_a_hundred_are_false() -> None:
    rng = np.random.default_rng(21)
    shares = []
    for _ in range(500):
        z = rng.normal(size=50) + np.where(np.arange(50) < 15, 2.5, 0.0)
        called = np.array(benjamini_hochberg_adjust(stats.norm.sf(z))) <= 0.05
        shares.append(called[15:].sum() / max(1, called.sum()))
    assert np.mean(shares) == pytest.approx(0.05 * 35 / 50, abs=0.01)


def test_no_test_has_no_correction() -> None:
    assert holm_adjust([]) == ()
    assert benjamini_hochberg_adjust([]) == ()


@pytest.mark.parametrize("bad", [-0.1, 1.1, float("nan")])
def test_what_is_no_probability_is_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="p-value"):
        holm_adjust([0.5, bad])
    with pytest.raises(ValueError, match="p-value"):
        benjamini_hochberg_adjust([0.5, bad])
