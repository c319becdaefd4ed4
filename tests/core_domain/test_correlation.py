from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import stats

from apps.core.domain.correlation import RankCorrelation, rank_correlation

if TYPE_CHECKING:
    from apps.core.domain.moments import FloatArray


def correlate(first: FloatArray, second: FloatArray) -> RankCorrelation:
    """Correlate pairs of which each is its own event."""
    return rank_correlation(first, second, range(len(first)))


@pytest.mark.parametrize("seed", range(5))
def test_the_rank_correlation_is_spearmans_with_ties(seed: int) -> None:
    rng = np.random.default_rng(seed)
    first = rng.integers(0, 8, 60).astype(np.float64)
    second = first + rng.integers(0, 12, 60)
    found = correlate(first, second)
    assert found.rho == pytest.approx(stats.spearmanr(first, second).statistic)
    assert (found.n, found.units, found.reason) == (60, 60, "")
    assert found.interval is not None
    assert found.rho is not None
    assert -1 < found.interval.low < found.rho < found.interval.high < 1


def test_columns_in_the_same_order_correlate_by_one_and_show_no_spread() -> None:
    first = np.arange(40.0)
    found = correlate(first, first**3)
    assert found.rho == pytest.approx(1.0)
    assert found.interval is None
    assert found.reason == "all pairs are in one order"


@pytest.mark.parametrize("seed", range(3))
def test_the_interval_is_nearly_that_of_leaving_out_each_event(seed: int) -> None:
    rng = np.random.default_rng(seed)
    events = np.repeat(np.arange(20), 3)
    shared = rng.normal(size=(20, 2))[events]
    both = np.round(shared + rng.normal(size=(60, 2)), 1)  # with ties
    rho = stats.spearmanr(both[:, 0], both[:, 1]).statistic
    without = [stats.spearmanr(*both[events != one].T).statistic for one in range(20)]
    spread = np.sqrt(19 / 20 * ((np.array(without) - np.mean(without)) ** 2).sum())
    half = stats.t.ppf(0.975, 19) * spread / (1 - rho**2)
    found = rank_correlation(both[:, 0], both[:, 1], events.tolist())
    assert found.interval is not None
    width = np.arctanh(found.interval.high) - np.arctanh(found.interval.low)
    assert width == pytest.approx(2 * half, rel=0.1)


def draw(rng: np.random.Generator, events: int, each: int, shared: float) -> FloatArray:
    """Draw normals that correlate by 0.6, within an event by `shared` beside that."""
    spread = np.linalg.cholesky([[1, 0.6], [0.6, 1]]).T
    common = (rng.normal(size=(events, 2)) @ spread).repeat(each, axis=0)
    own = rng.normal(size=(events * each, 2)) @ spread
    return np.asarray(np.sqrt(shared) * common + np.sqrt(1 - shared) * own)


@pytest.mark.parametrize(
    ("events", "each", "shared"), [(50, 1, 0.0), (25, 4, 0.5), (12, 5, 0.9)]
)
def test_the_interval_holds_the_truth_95_times_in_100(
    events: int, each: int, shared: float
) -> None:
    rng = np.random.default_rng(8)
    truth = 6 / np.pi * np.arcsin(0.6 / 2)  # of two normals that correlate by 0.6
    names = np.arange(events).repeat(each).tolist()
    held = []
    for _ in range(600):
        both = draw(rng, events, each, shared)
        found = rank_correlation(both[:, 0], both[:, 1], names)
        assert found.interval is not None
        held.append(found.interval.low <= truth <= found.interval.high)
    assert np.mean(held) == pytest.approx(0.95, abs=0.025)


def test_pairs_of_one_event_count_as_one_piece_of_evidence() -> None:
    rng = np.random.default_rng(9)
    both = draw(rng, 30, 1, 0.0)
    alone = correlate(both[:, 0], both[:, 1])
    tenfold = both.repeat(10, axis=0)
    names = np.arange(30).repeat(10).tolist()
    repeated = rank_correlation(tenfold[:, 0], tenfold[:, 1], names)
    assert (repeated.n, repeated.units) == (300, 30)
    assert repeated.rho == pytest.approx(alone.rho)
    assert alone.interval is not None
    assert repeated.interval is not None
    assert repeated.interval.low == pytest.approx(alone.interval.low, abs=1e-9)


def test_one_event_shows_no_spread() -> None:
    rng = np.random.default_rng(10)
    found = rank_correlation(rng.normal(size=40), rng.normal(size=40), ["e"] * 40)
    assert found.rho is not None
    assert (found.interval, found.units) == (None, 1)
    assert found.reason == "one event shows no spread"


def test_below_thirty_pairs_there_is_none() -> None:
    few = np.arange(29.0)
    found = correlate(few, few)
    assert (found.rho, found.interval, found.n) == (None, None, 29)
    assert found.reason == "29 pairs, fewer than 30"


def test_a_column_that_never_varies_has_none() -> None:
    found = correlate(np.full(40, 85.0), np.arange(40.0))
    assert (found.rho, found.interval, found.n) == (None, None, 40)
    assert found.reason == "one of both never varies"


def test_columns_of_two_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="3, 4 and 3"):
        correlate(np.arange(3.0), np.arange(4.0))
