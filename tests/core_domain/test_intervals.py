from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from apps.core.domain.intervals import (
    cluster_bootstrap_interval,
    clustered_standard_error,
    clustered_t_interval,
    t_interval,
    wilson_interval,
)

if TYPE_CHECKING:
    from collections.abc import Hashable

scores = st.floats(-1e3, 1e3).map(lambda number: round(number, 6))


def spread(values: list[float]) -> float:
    return max(values) - min(values)


@given(n=st.integers(1, 5000), share=st.floats(0, 1), level=st.floats(0.5, 0.999))
def test_wilson_agrees_with_scipy(n: int, share: float, level: float) -> None:
    successes = round(share * n)
    theirs = stats.binomtest(successes, n).proportion_ci(level, method="wilson")
    ours = wilson_interval(successes, n, level=level)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


@given(n=st.integers(1, 500), share=st.floats(0, 1))
def test_wilson_holds_the_share_and_stays_within_0_and_1(n: int, share: float) -> None:
    interval = wilson_interval(share * n, n)
    seen = share * n / n
    assert 0 <= interval.low <= seen <= interval.high <= 1
    assert interval.low < interval.high


def test_wilson_of_all_passes_keeps_a_width() -> None:
    z2 = stats.norm.ppf(0.975) ** 2
    interval = wilson_interval(10, 10)
    assert interval.low == pytest.approx(10 / (10 + z2))
    assert interval.high == 1.0


@pytest.mark.parametrize(("successes", "n"), [(0, 0), (-1, 5), (6, 5)])
def test_wilson_refuses_impossible_counts(successes: int, n: int) -> None:
    with pytest.raises(ValueError, match="trials"):
        wilson_interval(successes, n)


@given(values=st.lists(scores, min_size=2, max_size=40))
def test_the_t_interval_agrees_with_scipy(values: list[float]) -> None:
    assume(spread(values) > 1e-3)
    theirs = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    ours = t_interval(values)
    assert ours is not None
    assert (ours.low, ours.high) == pytest.approx(tuple(theirs), rel=1e-9, abs=1e-9)


def test_one_value_has_no_t_interval() -> None:
    assert t_interval([0.7]) is None


def bell_mccaffrey(values: list[float], clusters: list[int]) -> tuple[float, float]:
    """Standard error and degrees of freedom of a mean by the general matrix form."""
    n = len(values)
    maker = np.eye(n) - 1 / n
    columns, total = [], 0.0
    for name in set(clusters):
        mine = [i for i, cluster in enumerate(clusters) if cluster == name]
        roots, vectors = np.linalg.eigh(maker[np.ix_(mine, mine)])
        adjusted = (vectors / np.sqrt(roots)) @ vectors.T @ np.ones(len(mine))
        total += float(adjusted @ (maker @ values)[mine]) ** 2
        columns.append(maker[:, mine] @ adjusted)
    spread = np.array(columns) @ np.array(columns).T
    df = np.trace(spread) ** 2 / np.trace(spread @ spread)
    return math.sqrt(total) / n, float(df)


@given(rows=st.lists(st.tuples(scores, st.integers(0, 5)), min_size=2, max_size=30))
def test_the_clustered_error_is_bell_and_mccaffreys(
    rows: list[tuple[float, int]],
) -> None:
    values, clusters = [row[0] for row in rows], [row[1] for row in rows]
    assume(len(set(clusters)) > 1)
    expected, df = bell_mccaffrey(values, clusters)
    error = clustered_standard_error(values, clusters)
    interval = clustered_t_interval(values, clusters)
    assert error == pytest.approx(expected, rel=1e-6, abs=1e-6)
    assert interval is not None
    half = stats.t.ppf(0.975, df) * expected
    assert interval.high - interval.low == pytest.approx(2 * half, rel=1e-6, abs=1e-4)


@given(values=st.lists(scores, min_size=20, max_size=20))
def test_clusters_of_one_size_give_millers_error_with_few_cluster_correction(
    values: list[float],
) -> None:
    clusters = [i % 4 for i in range(20)]
    mean = math.fsum(values) / 20
    rows = list(zip(values, clusters, strict=True))
    crossed = math.fsum(
        (a - mean) * (b - mean) for a, i in rows for b, j in rows if i == j
    )
    expected = math.sqrt(max(crossed, 0) * 4 / 3) / 20
    error = clustered_standard_error(values, clusters)
    assert error == pytest.approx(expected, rel=1e-6, abs=1e-6)
    interval = clustered_t_interval(values, clusters)
    assert interval is not None
    half = stats.t.ppf(0.975, 3) * expected
    assert interval.high - mean == pytest.approx(half, rel=1e-6, abs=1e-5)


@given(values=st.lists(scores, min_size=2, max_size=40))
def test_clusters_of_one_item_give_the_ordinary_interval(values: list[float]) -> None:
    ours = clustered_t_interval(values, list(range(len(values))))
    plain = t_interval(values)
    assert ours is not None
    assert plain is not None
    assert (ours.low, ours.high) == pytest.approx((plain.low, plain.high))


@given(rows=st.lists(st.tuples(scores, st.integers(0, 3)), min_size=4, max_size=20))
def test_the_order_of_items_does_not_matter(rows: list[tuple[float, int]]) -> None:
    assume(len({cluster for _, cluster in rows}) > 1)
    forward = clustered_standard_error([v for v, _ in rows], [c for _, c in rows])
    rows.sort()
    backward = clustered_standard_error([v for v, _ in rows], [c for _, c in rows])
    assert forward == pytest.approx(backward, rel=1e-6, abs=1e-9)


def test_copies_of_an_item_add_no_evidence() -> None:
    values = [0.1, 0.5, 0.9, 0.4]
    plain = clustered_standard_error(values, list(range(4)))
    copied = clustered_standard_error(values * 25, list(range(4)) * 25)
    assert copied == pytest.approx(plain)


def test_one_cluster_has_no_standard_error() -> None:
    assert clustered_standard_error([0.2, 0.4, 0.9], ["a", "a", "a"]) is None
    assert clustered_t_interval([0.2, 0.4, 0.9], ["a", "a", "a"]) is None


@pytest.mark.parametrize("clusters", [[], ["a"], ["a", "b", "c"]])
def test_every_value_needs_its_cluster(clusters: list[Hashable]) -> None:
    with pytest.raises(ValueError, match="2 values"):
        clustered_standard_error([0.1, 0.2], clusters)


def test_the_bootstrap_of_single_items_agrees_with_scipy() -> None:
    values = np.random.default_rng(5).normal(size=60).tolist()
    ours = cluster_bootstrap_interval(
        values, list(range(60)), rng=np.random.default_rng(1), draws=20_000
    )
    theirs = stats.bootstrap(
        (values,),
        np.mean,
        n_resamples=20_000,
        method="percentile",
        rng=np.random.default_rng(2),
    ).confidence_interval
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.012)


def test_the_bootstrap_agrees_with_the_clustered_error() -> None:
    rng = np.random.default_rng(8)
    clusters = np.repeat(np.arange(80), 5)
    values = (rng.normal(size=80)[clusters] + rng.normal(size=400)).tolist()
    interval = cluster_bootstrap_interval(values, clusters.tolist(), rng=rng)
    error = clustered_standard_error(values, clusters.tolist())
    assert error is not None
    assert (interval.high - interval.low) / (2 * 1.96) == pytest.approx(error, rel=0.08)


def test_the_bootstrap_repeats_itself_from_the_same_seed() -> None:
    values, clusters = [0.1, 0.5, 0.3, 0.9], ["a", "a", "b", "c"]
    first, second = (
        cluster_bootstrap_interval(values, clusters, rng=np.random.default_rng(3))
        for _ in range(2)
    )
    assert first == second
