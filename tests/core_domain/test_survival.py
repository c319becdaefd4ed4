from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import stats

from apps.core.domain.survival import kaplan_meier

if TYPE_CHECKING:
    from apps.core.domain.moments import BoolArray, FloatArray, IntArray

# Weeks in remission under 6-mercaptopurine (Freireich et al. 1963): the textbook's.
WEEKS = np.array(
    [6.0, 6, 6, 7, 10, 13, 16, 22, 23, 6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
)
ENDED = np.arange(21) < 9


def test_the_curve_of_the_textbook() -> None:
    curve = kaplan_meier(WEEKS, ENDED)
    assert curve.times.tolist() == [6, 7, 10, 13, 16, 22, 23]
    expected = [0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482]
    assert curve.share.tolist() == pytest.approx(expected, abs=5e-5)
    assert (curve.n, curve.happened, curve.median) == (21, 9, 23.0)
    assert curve.at(5.9) == (1.0, None)
    share, interval = curve.at(6.0)
    assert share == pytest.approx(0.8571, abs=5e-5)
    assert interval is not None
    assert (interval.low, interval.high) == pytest.approx((0.6197, 0.9516), abs=5e-4)
    assert curve.median_interval == (13.0, None)


@pytest.mark.parametrize("seed", range(6))
def test_curve_and_band_agree_with_scipy(seed: int) -> None:
    rng = np.random.default_rng(seed)
    durations = rng.integers(1, 30, 50).astype(np.float64)
    happened = rng.uniform(size=50) < 0.6
    # Where nobody is left, or nothing has happened yet, scipy warns.
    happened[durations == durations.min()] = True
    happened[durations == durations.max()] = False
    sample = stats.CensoredData.right_censored(durations, ~happened)
    theirs = stats.ecdf(sample).sf
    band = theirs.confidence_interval(method="log-log")
    ours = kaplan_meier(durations, happened)
    at = ours.times
    assert ours.share == pytest.approx(theirs.evaluate(at))
    assert ours.low == pytest.approx(band.low.evaluate(at))
    assert ours.high == pytest.approx(band.high.evaluate(at))


def test_nobody_who_got_there_leaves_no_median() -> None:
    curve = kaplan_meier(np.array([5.0, 8.0]), np.array([False, False]))
    assert (curve.median, curve.median_interval) == (None, (None, None))
    assert (curve.n, curve.happened) == (2, 0)
    assert curve.at(100) == (1.0, None)


def test_everybody_who_got_there_leaves_nobody() -> None:
    curve = kaplan_meier(np.array([1.0, 2.0]), np.array([True, True]))
    assert curve.share.tolist() == [0.5, 0.0]
    assert curve.at(2) == (0.0, None)
    assert curve.median == 1.0


def test_the_mean_of_successes_flatters_and_the_curve_does_not() -> None:
    rng = np.random.default_rng(9)
    true_times = rng.exponential(100.0, 5000)
    watched = np.minimum(true_times, 60.0)
    curve = kaplan_meier(watched, true_times <= 60)
    assert watched[true_times <= 60].mean() < 30
    assert curve.median is None
    truth = np.exp(-60 / 100)
    assert curve.at(60)[0] == pytest.approx(truth, abs=0.02)


def test_the_band_holds_the_truth_95_times_in_100() -> None:
    rng = np.random.default_rng(10)
    held = []
    for _ in range(600):
        times, ends = rng.exponential(10.0, 60), rng.uniform(0, 25, 60)
        curve = kaplan_meier(np.minimum(times, ends), times <= ends)
        interval = curve.at(7.0)[1]
        assert interval is not None
        held.append(interval.low <= np.exp(-0.7) <= interval.high)
    assert np.mean(held) == pytest.approx(0.95, abs=0.025)


def sum_by_cluster(
    durations: FloatArray, happened: BoolArray, clusters: IntArray
) -> list[float]:
    """The variance of log S, cluster by cluster and time by time."""
    moves, found = np.zeros(clusters.max() + 1), []
    for time in np.unique(durations[happened]):
        watched = durations >= time
        met = happened & (durations == time)
        left = watched.sum() - met.sum()
        moves += np.bincount(clusters, watched) * met.sum() / watched.sum() / left
        moves -= np.bincount(clusters, met) / left
        found.append(float((moves**2).sum()) * len(moves) / (len(moves) - 1))
    return found


@pytest.mark.parametrize("seed", range(4))
def test_the_band_of_clusters_is_made_of_their_sums(seed: int) -> None:
    rng = np.random.default_rng(seed)
    clusters = rng.permutation(np.arange(60) % 12)
    durations = rng.integers(1, 15, 60).astype(np.float64)
    happened = (rng.uniform(size=60) < 0.6) & (durations < 14)
    durations[0], happened[0] = 14.0, False  # somebody is left at the end
    curve = kaplan_meier(durations, happened, clusters.tolist())
    errors = np.sqrt(sum_by_cluster(durations, happened, clusters))
    half = stats.t.ppf(0.975, 11) * errors / np.abs(np.log(curve.share))
    assert curve.low == pytest.approx(curve.share ** np.exp(half))
    assert curve.high == pytest.approx(curve.share ** np.exp(-half))
    assert curve.share == pytest.approx(kaplan_meier(durations, happened).share)


@pytest.mark.parametrize(("clusters", "each", "shared"), [(25, 4, 0.6), (15, 5, 0.9)])
def test_the_band_of_clusters_holds_the_truth_95_times_in_100(
    clusters: int, each: int, shared: float
) -> None:
    rng = np.random.default_rng(11)
    names, n = np.arange(clusters).repeat(each), clusters * each
    held = []
    for _ in range(500):
        common = np.sqrt(shared) * rng.normal(size=clusters)[names]
        drawn = common + np.sqrt(1 - shared) * rng.normal(size=n)
        times, ends = -10 * np.log(stats.norm.sf(drawn)), rng.uniform(0, 25, n)
        watched = np.minimum(times, ends)
        interval = kaplan_meier(watched, times <= ends, names.tolist()).at(7.0)[1]
        assert interval is not None
        held.append(interval.low <= np.exp(-0.7) <= interval.high)
    assert np.mean(held) == pytest.approx(0.95, abs=0.025)


def test_one_cluster_has_a_curve_and_no_band() -> None:
    curve = kaplan_meier(WEEKS, ENDED, ["one"] * 21)
    assert curve.median == 23.0
    assert curve.at(10.0)[1] is None
    assert curve.median_interval == (None, None)


def test_nothing_has_no_curve() -> None:
    none = np.empty(0)
    curve = kaplan_meier(none, none.astype(bool), [])
    assert (curve.n, curve.median) == (0, None)


def test_times_below_zero_are_refused() -> None:
    with pytest.raises(ValueError, match="0 or more"):
        kaplan_meier(np.array([-1.0]), np.array([True]))
    with pytest.raises(ValueError, match="one cluster"):
        kaplan_meier(np.array([1.0]), np.array([True]), [])
