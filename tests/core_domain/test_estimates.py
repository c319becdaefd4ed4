from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.domain.estimates import IntervalMethod, estimate_mean
from apps.core.domain.intervals import (
    Interval,
    clustered_t_interval,
    t_interval,
    wilson_interval,
)


def test_passes_and_failures_get_wilsons_interval() -> None:
    estimate = estimate_mean([1, 1, 0, 1])
    assert estimate.interval == wilson_interval(3, 4)
    assert (estimate.mean, estimate.n, estimate.units) == (0.75, 4, 4)
    assert estimate.method is IntervalMethod.WILSON


def test_partial_credit_gets_the_t_interval() -> None:
    scores = [0.2, 0.5, 0.4, 0.45]
    estimate = estimate_mean(scores)
    assert estimate.interval == t_interval(scores)
    assert estimate.method is IntervalMethod.T


def test_clusters_of_passes_get_the_clustered_interval() -> None:
    scores, clusters = [1, 1, 0, 1, 0, 0, 0, 1], list("aabbccdd")
    estimate = estimate_mean(scores, clusters)
    expected = clustered_t_interval(scores, clusters)
    assert expected is not None
    assert estimate.interval == expected.clipped(0, 1)
    assert (estimate.n, estimate.units) == (8, 4)
    assert estimate.method is IntervalMethod.CLUSTERED_T


def test_clusters_that_all_pass_count_as_one_trial_each() -> None:
    estimate = estimate_mean([1] * 40, [i // 10 for i in range(40)])
    assert estimate.interval == wilson_interval(4, 4)


def test_one_cluster_is_one_trial() -> None:
    estimate = estimate_mean([1, 0, 1, 1], ["a"] * 4)
    assert estimate.interval == wilson_interval(0.75, 1)


def test_equal_partial_credits_keep_a_width() -> None:
    estimate = estimate_mean([0.25, 0.25, 0.25, 0.25])
    assert estimate.interval == wilson_interval(1, 4)
    assert estimate.method is IntervalMethod.WILSON


def test_one_score_on_the_unit_scale_has_a_wide_interval() -> None:
    estimate = estimate_mean([0.7])
    assert estimate.interval == wilson_interval(0.7, 1)
    assert (estimate.n, estimate.units) == (1, 1)


@pytest.mark.parametrize("scores", [[3.5], [3.5, 3.5, 3.5], [1.0, 1.0]])
def test_an_unknown_scale_without_spread_has_no_interval(scores: list[float]) -> None:
    estimate = estimate_mean(scores, unit_scale=False)
    assert estimate.interval is None
    assert estimate.method is IntervalMethod.NONE


def test_ones_and_zeros_on_an_unknown_scale_get_the_t_interval() -> None:
    estimate = estimate_mean([1, 0, 0, 1], unit_scale=False)
    assert estimate.interval == t_interval([1, 0, 0, 1])


def test_an_interval_on_the_unit_scale_stays_on_it() -> None:
    estimate = estimate_mean([0.99, 1.0, 1.0, 0.7])
    assert estimate.interval is not None
    assert estimate.interval.high == 1.0
    assert estimate_mean([0.99, 1, 1, 0.7], unit_scale=False).interval != (
        estimate.interval
    )


@given(
    scores=st.lists(st.floats(0, 1), min_size=1, max_size=30), size=st.integers(1, 9)
)
def test_every_mean_of_the_unit_scale_lies_in_its_interval(
    scores: list[float], size: int
) -> None:
    for clusters in (None, [i // size for i in range(len(scores))]):
        estimate = estimate_mean(scores, clusters)
        interval = estimate.interval
        assert isinstance(interval, Interval)
        assert 0 <= interval.low <= estimate.mean <= interval.high <= 1


def test_no_score_is_refused() -> None:
    with pytest.raises(ValueError, match="0 scores"):
        estimate_mean([])


def test_a_score_without_its_cluster_is_refused() -> None:
    with pytest.raises(ValueError, match="2 scores"):
        estimate_mean([0.1, 0.2], ["a"])
