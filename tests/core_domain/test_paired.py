from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from apps.core.domain.intervals import Interval, clustered_t_interval
from apps.core.domain.moments import FloatArray, group_columns
from apps.core.domain.paired import (
    PAIR_SETTINGS,
    PairColumns,
    PairedDifference,
    PairedTest,
    PairSettings,
    adjusted_interval,
    compare_pairs,
    mcnemar_exact,
    paired_difference,
    paired_differences,
)

ANY_SCALE = PairSettings(unit_scale=False)
pairs_of_scores = st.lists(
    st.tuples(st.floats(-50, 50), st.floats(-50, 50)), min_size=2, max_size=40
)


@given(wins=st.integers(0, 400), losses=st.integers(0, 400))
def test_mcnemar_is_the_binomial_test(wins: int, losses: int) -> None:
    theirs = stats.binomtest(wins, wins + losses).pvalue if wins + losses else 1.0
    assert mcnemar_exact(wins, losses) == pytest.approx(theirs, rel=1e-9)


@pytest.mark.parametrize(
    ("wins", "losses", "p"),
    [(0, 0, 1.0), (5, 0, 0.0625), (6, 0, 0.03125), (1, 9, 22 / 1024)],
)
def test_mcnemar_of_small_counts(wins: int, losses: int, p: float) -> None:
    assert mcnemar_exact(wins, losses) == pytest.approx(p, rel=1e-12)


def test_negative_counts_are_refused() -> None:
    with pytest.raises(ValueError, match="discordant"):
        mcnemar_exact(-1, 3)


@given(rows=pairs_of_scores)
def test_scores_get_the_paired_t_test_of_scipy(rows: list[tuple[float, float]]) -> None:
    first, second = [a for a, _ in rows], [b for _, b in rows]
    assume(np.std(np.subtract(first, second)) > 1e-3)
    ours = paired_difference(first, second, settings=ANY_SCALE)
    theirs = stats.ttest_rel(first, second)
    low, high = theirs.confidence_interval(0.95)
    assert ours.test is PairedTest.T
    assert ours.p == pytest.approx(theirs.pvalue, rel=1e-6, abs=1e-12)
    assert ours.interval is not None
    assert (ours.interval.low, ours.interval.high) == pytest.approx(
        (low, high), rel=1e-6, abs=1e-9
    )


@given(rows=st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60))
def test_passes_and_failures_get_mcnemars_test(rows: list[tuple[bool, bool]]) -> None:
    wins = sum(a and not b for a, b in rows)
    losses = sum(b and not a for a, b in rows)
    ours = paired_difference([float(a) for a, _ in rows], [float(b) for _, b in rows])
    assert ours.test is PairedTest.MCNEMAR
    assert ours.p == mcnemar_exact(wins, losses)
    assert ours.difference == (wins - losses) / len(rows)
    assert ours.interval is not None
    assert ours.interval.low <= ours.difference <= ours.interval.high


@given(n=st.integers(1, 300), wins=st.integers(0, 300), losses=st.integers(0, 300))
def test_the_interval_of_two_pass_rates_is_bonett_and_prices(
    n: int, wins: int, losses: int
) -> None:
    assume(wins + losses <= n)
    p12, p21 = (wins + 1) / (n + 2), (losses + 1) / (n + 2)
    error = math.sqrt((p12 + p21 - (p12 - p21) ** 2) / (n + 2))
    half = stats.norm.ppf(0.975) * error
    expected = Interval(p12 - p21 - half, p12 - p21 + half).clipped(-1, 1)
    ours = adjusted_interval(wins - losses, wins + losses, n)
    assert (ours.low, ours.high) == pytest.approx((expected.low, expected.high))


@given(rows=st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60))
def test_a_significant_pass_rate_difference_has_an_interval_without_zero(
    rows: list[tuple[bool, bool]],
) -> None:
    ours = paired_difference([float(a) for a, _ in rows], [float(b) for _, b in rows])
    assert ours.p is not None
    assert ours.interval is not None
    if ours.p <= 0.05:
        assert ours.interval.low > 0 or ours.interval.high < 0


def test_clustered_passes_get_the_clustered_t_test_and_not_mcnemars() -> None:
    rng = np.random.default_rng(4)
    first, second = rng.integers(0, 2, (2, 40)).astype(float)
    clusters = [i // 5 for i in range(40)]
    ours = paired_difference(first.tolist(), second.tolist(), clusters)
    expected = clustered_t_interval((first - second).tolist(), clusters)
    assert expected is not None
    assert ours.test is PairedTest.CLUSTERED_T
    assert ours.interval == expected.clipped(-1, 1)
    assert (ours.n, ours.units) == (40, 8)


def test_one_shift_per_cluster_is_not_forty_pieces_of_evidence() -> None:
    shifts = [0.3, -0.1, 0.2, 0.05]
    second = np.random.default_rng(2).normal(size=40).tolist()
    first = [second[i] + shifts[i // 10] for i in range(40)]
    clusters = [i // 10 for i in range(40)]
    blind = paired_difference(first, second, settings=ANY_SCALE)
    aware = paired_difference(first, second, clusters, settings=ANY_SCALE)
    assert aware.p == pytest.approx(stats.ttest_1samp(shifts, 0).pvalue)
    assert blind.p is not None
    assert aware.p is not None
    assert blind.p < 0.001
    assert aware.p > 0.05


@pytest.mark.parametrize(
    ("n", "p"), [(1, 1.0), (2, 0.5), (6, 0.03125), (40, 2 * 0.5**40)]
)
def test_a_constant_difference_gets_the_sign_test(n: int, p: float) -> None:
    second = np.linspace(0.1, 0.2, n).tolist()
    ours = paired_difference([value + 0.3 for value in second], second)
    assert ours.test is PairedTest.SIGN
    assert ours.p == p
    assert ours.difference == pytest.approx(0.3)
    assert ours.interval is not None
    assert ours.interval.low < 0.3 < ours.interval.high


def test_equal_scores_are_no_evidence() -> None:
    ours = paired_difference([0.1, 0.7, 0.4], [0.1, 0.7, 0.4])
    assert (ours.difference, ours.p, ours.test) == (0.0, 1.0, PairedTest.SIGN)


def test_rounding_noise_is_not_a_difference() -> None:
    first = [0.1 + 0.2, 0.3 + 0.6]
    ours = paired_difference(first, [0.3, 0.9])
    assert first != [0.3, 0.9]
    assert ours.p == 1.0


def test_a_constant_difference_on_an_unknown_scale_has_no_interval() -> None:
    ours = paired_difference([12.0, 15.0], [10.0, 13.0], settings=ANY_SCALE)
    assert (ours.difference, ours.interval, ours.p) == (2.0, None, 0.5)


def test_ones_and_zeros_on_an_unknown_scale_get_the_t_test() -> None:
    first, second = [1.0, 1, 0, 1, 1], [0.0, 1, 1, 0, 1]
    ours = paired_difference(first, second, settings=ANY_SCALE)
    assert ours.test is PairedTest.T
    assert ours.p == pytest.approx(stats.ttest_rel(first, second).pvalue)


def test_no_difference_beyond_the_scale_is_called_detectable() -> None:
    first, second = [1.0, 1.0, 0.5], [0.0, 1.0, 0.1]
    known = paired_difference(first, second)
    unknown = paired_difference(first, second, settings=ANY_SCALE)
    assert known.least_detectable is None
    assert unknown.least_detectable == pytest.approx(1.5585, abs=1e-4)


def test_clusters_that_all_differ_alike_count_as_one_sign_each() -> None:
    second = [i / 100 for i in range(30)]
    first = [value + 0.2 for value in second]
    ours = paired_difference(first, second, [i // 10 for i in range(30)])
    assert (ours.test, ours.p, ours.units) == (PairedTest.SIGN, 0.25, 3)


@given(rows=pairs_of_scores)
def test_turning_the_pair_round_turns_the_difference_round(
    rows: list[tuple[float, float]],
) -> None:
    first, second = [a for a, _ in rows], [b for _, b in rows]
    forward = paired_difference(first, second, settings=ANY_SCALE)
    backward = paired_difference(second, first, settings=ANY_SCALE)
    assert forward.difference is not None
    assert backward.difference == -forward.difference
    assert backward.p == forward.p


@st.composite
def tables(draw: st.DrawFn) -> tuple[FloatArray, list[int] | None]:
    """Scores of up to five models, some absent, on items that may be in clusters."""
    models, items = draw(st.integers(2, 5)), draw(st.integers(1, 12))
    scale = draw(st.sampled_from([[0.0, 1.0], [0.0, 0.5, 1.0], [0.1, 0.7, 3.0]]))
    score = st.one_of(st.sampled_from(scale), st.just(math.nan))
    rows = st.lists(score, min_size=items, max_size=items)
    values = np.array(draw(st.lists(rows, min_size=models, max_size=models)))
    sizes = st.lists(st.integers(0, 3), min_size=items, max_size=items)
    return values, draw(st.one_of(st.none(), sizes.map(sorted)))


@given(table=tables(), unit_scale=st.booleans())
def test_all_pairs_at_once_are_what_each_pair_is_alone(
    table: tuple[FloatArray, list[int] | None],
    unit_scale: bool,  # noqa: FBT001
) -> None:
    values, clusters = table
    settings = PairSettings(unit_scale=unit_scale)
    starts = None if clusters is None else group_columns(clusters).starts
    left, right = np.triu_indices(len(values), 1)
    columns = compare_pairs(values, (left, right), starts, settings=settings)
    for index, (a, b) in enumerate(zip(left, right, strict=True)):
        common = np.flatnonzero(~np.isnan(values[a] - values[b])).tolist()
        if not common:
            assert (columns.n[index], columns.test[index]) == (0, PairedTest.NONE)
            continue
        groups = None if clusters is None else [clusters[item] for item in common]
        one, other = values[a, common].tolist(), values[b, common].tolist()
        alone = paired_difference(one, other, groups, settings=settings)
        assert_same(columns, index, alone)


def assert_same(columns: PairColumns, index: int, alone: PairedDifference) -> None:
    counted = (columns.n[index], columns.units[index], columns.test[index])
    assert counted == (alone.n, alone.units, alone.test)
    ends = (alone.interval.low, alone.interval.high) if alone.interval else (None, None)
    for column, expected in (
        (columns.difference, alone.difference),
        (columns.low, ends[0]),
        (columns.high, ends[1]),
        (columns.p, alone.p),
        (columns.least_detectable, alone.least_detectable),
    ):
        number = math.nan if expected is None else expected
        assert column[index] == pytest.approx(number, rel=1e-9, abs=1e-12, nan_ok=True)


def test_blocks_of_pairs_join_to_what_one_block_gives() -> None:
    values = np.random.default_rng(8).random((30, 900))
    left, right = np.triu_indices(len(values), 1)
    columns = compare_pairs(values, (left, right), None, settings=PAIR_SETTINGS)
    assert len(columns.p) == 435
    last = paired_differences(values[28], values[29:], None, settings=PAIR_SETTINGS)
    assert_same(columns, 434, last[0])


@pytest.mark.parametrize(
    ("first", "second", "clusters"),
    [([], [], None), ([1.0], [1.0, 0.0], None), ([1.0], [1.0], ["a", "b"])],
)
def test_what_cannot_be_paired_is_refused(
    first: list[float], second: list[float], clusters: list[str] | None
) -> None:
    with pytest.raises(ValueError, match="scores"):
        paired_difference(first, second, clusters)
