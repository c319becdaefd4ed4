from __future__ import annotations

import math
import time
from dataclasses import astuple
from statistics import median

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.domain.comparison import (
    Comparison,
    RankMode,
    compare_models,
)
from apps.core.domain.estimates import IntervalMethod, estimate_mean
from apps.core.domain.multiplicity import holm_adjust
from apps.core.domain.paired import PairedTest, paired_difference
from apps.core.domain.score_table import Score, tabulate

# 30 items; each model passes those whose number is below its share of them.
LADDER = {"best": 26, "middle": 15, "worst": 2}


def ladder() -> list[Score]:
    return [
        Score(model, f"i{i}", float(i < passed))
        for model, passed in LADDER.items()
        for i in range(30)
    ]


def ranks(comparison: Comparison) -> dict[str, tuple[int, int]]:
    return {m.model: (m.rank_low, m.rank_high) for m in comparison.models}


def test_models_that_differ_clearly_have_ranks_of_their_own() -> None:
    comparison = compare_models(tabulate(ladder()))
    assert ranks(comparison) == {"best": (1, 1), "middle": (2, 2), "worst": (3, 3)}
    assert [(p.a, p.b, p.test) for p in comparison.pairs] == [
        ("best", "middle", PairedTest.MCNEMAR),
        ("best", "worst", PairedTest.MCNEMAR),
        ("middle", "worst", PairedTest.MCNEMAR),
    ]
    assert all(pair.significant for pair in comparison.pairs)


def test_a_pair_and_a_mean_are_those_of_the_single_functions() -> None:
    rng = np.random.default_rng(6)
    first, second = rng.random((2, 25)).round(3).tolist()
    scores = [Score("a", str(i), first[i]) for i in range(25)]
    scores += [Score("b", str(i), second[i]) for i in range(25)]
    comparison = compare_models(tabulate(scores))
    pair, single = comparison.pairs[0], paired_difference(first, second)
    sign = 1 if pair.a == "a" else -1
    assert single.difference is not None
    assert pair.difference == pytest.approx(sign * single.difference)
    assert pair.p == pytest.approx(single.p)
    assert (pair.n, pair.test) == (25, single.test)
    standing = next(m for m in comparison.models if m.model == "a")
    interval = estimate_mean(first).interval
    assert interval is not None
    assert (standing.ci_low, standing.ci_high) == (interval.low, interval.high)


def test_adjusted_values_are_holms_over_all_pairs() -> None:
    rng = np.random.default_rng(1)
    scores = [
        Score(f"m{m}", f"i{i}", float(rng.random() < 0.3 + 0.1 * m))
        for m in range(5)
        for i in range(80)
    ]
    pairs = compare_models(tabulate(scores)).pairs
    p = [pair.p for pair in pairs if pair.p is not None]
    assert len(p) == 10
    assert tuple(pair.p_adjusted for pair in pairs) == holm_adjust(p)
    assert all(pair.significant == (pair.p_adjusted <= 0.05) for pair in pairs)  # type: ignore[operator]


def test_a_model_shows_the_median_of_what_its_pairs_could_show() -> None:
    comparison = compare_models(tabulate(ladder()))
    for standing in comparison.models:
        own = [
            pair.least_detectable_difference
            for pair in comparison.pairs
            if standing.model in {pair.a, pair.b}
        ]
        assert None not in own
        assert standing.least_detectable_difference == median(own)  # type: ignore[type-var]


def test_a_model_that_half_its_pairs_cannot_tell_apart_shows_no_difference() -> None:
    apart = [Score("apart", f"x{i}", 1.0) for i in range(30)]
    comparison = compare_models(tabulate([*ladder(), *apart]))
    shown = {m.model: m.least_detectable_difference for m in comparison.models}
    assert shown["apart"] is None
    assert shown["best"] is not None
    five = [Score(m, str(i), float(i % 2)) for m in "ab" for i in range(5)]
    assert compare_models(tabulate(five)).models[0].least_detectable_difference is None


def test_pairs_use_their_common_items_only() -> None:
    scores = [Score("a", str(i), float(i % 2)) for i in range(10)]
    scores += [Score("b", str(i), 1.0) for i in range(6, 20)]
    pair = compare_models(tabulate(scores)).pairs[0]
    assert (pair.a, pair.b, pair.n, pair.difference) == ("b", "a", 4, 0.5)


def test_models_without_a_common_item_are_not_told_apart() -> None:
    scores = [Score("a", f"x{i}", 1.0) for i in range(50)]
    scores += [Score("b", f"y{i}", 0.0) for i in range(50)]
    comparison = compare_models(tabulate(scores))
    pair = comparison.pairs[0]
    assert (pair.p, pair.p_adjusted, pair.difference, pair.n) == (None, None, None, 0)
    assert not pair.significant
    assert pair.test is PairedTest.NONE
    assert ranks(comparison) == {"a": (1, 2), "b": (1, 2)}


def test_the_common_items_and_not_the_means_say_who_wins() -> None:
    scores = [Score("a", str(i), 0.5 + i / 500) for i in range(20)]
    scores += [Score("a", f"easy{i}", 1.0) for i in range(80)]
    scores += [Score("b", str(i), 0.7 + i / 499) for i in range(20)]
    comparison = compare_models(tabulate(scores))
    pair = comparison.pairs[0]
    assert (pair.a, pair.b) == ("a", "b")
    assert pair.difference == pytest.approx(-0.2, abs=0.01)
    assert ranks(comparison) == {"a": (2, 2), "b": (1, 1)}


def test_a_p_value_of_zero_is_a_test_like_any_other() -> None:
    rng = np.random.default_rng(9)
    base = rng.normal(size=400)
    shifts = {"far": 9e9, "near": 0.01, "zero": 0.0}
    scores = [
        Score(model, str(i), base[i] + shift + rng.normal())
        for model, shift in shifts.items()
        for i in range(400)
    ]
    far_first, far_second, close = compare_models(tabulate(scores)).pairs
    assert far_first.p == far_second.p_adjusted == 0.0
    assert far_second.significant
    assert close.p is not None
    assert close.p_adjusted == close.p > 0.05


def test_an_untested_pair_costs_the_others_nothing() -> None:
    scores = ladder()
    alone = compare_models(tabulate(scores))
    joined = compare_models(tabulate([*scores, Score("apart", "elsewhere", 1.0)]))
    assert {(p.a, p.b): p.p_adjusted for p in joined.pairs if p.n} == {
        (p.a, p.b): p.p_adjusted for p in alone.pairs
    }


def test_clusters_widen_intervals_and_take_ranks_back() -> None:
    rng = np.random.default_rng(3)
    lift = rng.normal(0.15, 0.3, size=6)
    scores = []
    for i in range(120):
        base = rng.normal()
        scores.append(Score("a", str(i), base + lift[i % 6], str(i % 6)))
        scores.append(Score("b", str(i), base, str(i % 6)))
    aware = compare_models(tabulate(scores))
    blind = compare_models(tabulate([Score(s.model, s.item, s.score) for s in scores]))
    assert ranks(blind) == {"a": (1, 1), "b": (2, 2)}
    assert ranks(aware) == {"a": (1, 2), "b": (1, 2)}
    assert {m.interval for m in aware.models} == {IntervalMethod.CLUSTERED_T}
    assert [m.units for m in aware.models] == [6, 6]


def test_repeats_do_not_count_as_items() -> None:
    once = [Score(m, str(i), float(i % 3 == 0)) for m in "ab" for i in range(12)]
    comparison = compare_models(tabulate(once * 7))
    assert comparison == compare_models(tabulate(once))
    assert [m.n for m in comparison.models] == [12, 12]


def test_epochs_that_disagree_get_the_t_interval() -> None:
    scores = [Score("a", str(i), float(e)) for i in range(9) for e in (0, 1, i % 2)]
    standing = compare_models(tabulate(scores)).models[0]
    assert (standing.interval, standing.n) == (IntervalMethod.T, 9)


def test_the_interval_mode_calls_a_tie_that_pairing_resolves() -> None:
    scores = [Score("a", str(i), float(i < 60)) for i in range(100)]
    scores += [Score("b", str(i), float(i < 50)) for i in range(100)]
    table = tabulate(scores)
    paired = compare_models(table)
    unpaired = compare_models(table, mode=RankMode.INTERVAL)
    assert ranks(paired) == {"a": (1, 1), "b": (2, 2)}
    assert ranks(unpaired) == {"a": (1, 2), "b": (1, 2)}
    assert unpaired.mode is RankMode.INTERVAL
    assert unpaired.pairs == paired.pairs


def test_equal_means_stand_in_the_order_of_their_names() -> None:
    table = tabulate([Score(name, "x", 1.0) for name in ("c", "a", "b")])
    assert [m.model for m in compare_models(table).models] == ["a", "b", "c"]


def test_one_item_tells_nothing_apart() -> None:
    comparison = compare_models(tabulate([Score("a", "x", 0.9), Score("b", "x", 0.1)]))
    assert ranks(comparison) == {"a": (1, 2), "b": (1, 2)}
    assert comparison.pairs[0].p == 1.0


def test_one_model_is_first_and_has_nothing_to_be_told_apart_from() -> None:
    comparison = compare_models(tabulate([Score("a", str(i), 0.5) for i in range(3)]))
    assert ranks(comparison) == {"a": (1, 1)}
    assert comparison.pairs == ()
    assert comparison.models[0].least_detectable_difference is None


def test_an_empty_table_has_an_empty_comparison() -> None:
    comparison = compare_models(tabulate([]))
    assert (comparison.models, comparison.pairs) == ((), ())


@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from("abcd"),
            st.sampled_from("123456"),
            st.sampled_from([0.0, 1.0, 0.5, 0.1, -2.0, 1e50]),
        ),
        max_size=60,
    ),
    clustered=st.booleans(),
)
def test_any_table_gives_ranks_and_finite_numbers(
    rows: list[tuple[str, str, float]],
    clustered: bool,  # noqa: FBT001
) -> None:
    scores = [
        Score(model, item, score, str(int(item) % 2) if clustered else None)
        for model, item, score in rows
    ]
    comparison = compare_models(tabulate(scores))
    for standing in comparison.models:
        assert 1 <= standing.rank_low <= standing.rank_high <= len(comparison.models)
    rows_out = [*map(astuple, comparison.models), *map(astuple, comparison.pairs)]
    numbers = [value for row in rows_out for value in row if type(value) is float]
    assert all(math.isfinite(number) for number in numbers)


def test_thirty_models_on_a_thousand_items_take_well_under_a_second() -> None:
    rng = np.random.default_rng(0)
    passed = rng.random((30, 1000)) < np.linspace(0.3, 0.7, 30)[:, np.newaxis]
    table = tabulate(
        Score(f"m{m}", f"i{i}", float(passed[m, i]), f"c{i % 40}")
        for m in range(30)
        for i in range(1000)
    )
    began = time.process_time()
    compare_models(table)
    assert time.process_time() - began < 0.5
