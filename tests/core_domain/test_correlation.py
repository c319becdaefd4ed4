from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from apps.core.domain.correlation import rank_correlation


@pytest.mark.parametrize("seed", range(5))
def test_the_rank_correlation_is_spearmans_with_ties(seed: int) -> None:
    rng = np.random.default_rng(seed)
    first = rng.integers(0, 8, 60).astype(np.float64)
    second = first + rng.integers(0, 12, 60)
    found = rank_correlation(first, second)
    assert found.rho == pytest.approx(stats.spearmanr(first, second).statistic)
    assert (found.n, found.reason) == (60, "")
    assert found.interval is not None
    assert found.rho is not None
    assert -1 < found.interval.low < found.rho < found.interval.high < 1


def test_columns_in_the_same_order_correlate_by_one() -> None:
    first = np.arange(40.0)
    found = rank_correlation(first, first)
    assert found.rho == pytest.approx(1.0)
    assert found.interval is not None
    assert found.interval.high == pytest.approx(1.0)


def test_the_interval_holds_the_truth_95_times_in_100() -> None:
    rng = np.random.default_rng(8)
    truth = 6 / np.pi * np.arcsin(0.6 / 2)  # of two normals that correlate by 0.6
    held = []
    for _ in range(800):
        both = rng.multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]], 50)
        found = rank_correlation(both[:, 0], both[:, 1])
        assert found.interval is not None
        held.append(found.interval.low <= truth <= found.interval.high)
    assert np.mean(held) == pytest.approx(0.95, abs=0.02)


def test_below_thirty_pairs_there_is_none() -> None:
    few = np.arange(29.0)
    found = rank_correlation(few, few)
    assert (found.rho, found.interval, found.n) == (None, None, 29)
    assert found.reason == "29 pairs, fewer than 30"


def test_a_column_that_never_varies_has_none() -> None:
    found = rank_correlation(np.full(40, 85.0), np.arange(40.0))
    assert (found.rho, found.interval, found.n) == (None, None, 40)
    assert found.reason == "one of both never varies"


def test_columns_of_two_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="3 and 4"):
        rank_correlation(np.arange(3.0), np.arange(4.0))
