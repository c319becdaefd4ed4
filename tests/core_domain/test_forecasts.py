from __future__ import annotations

from math import log

import numpy as np
import pytest
from scipy import stats

from apps.core.domain.forecasts import (
    brier_scores,
    clustered_mean,
    log_scores,
    paired_skills,
    skill_score,
)
from apps.core.domain.shrinkage import shrink_to_zero


def test_the_brier_score_is_the_squared_miss() -> None:
    found = brier_scores(np.array([0.75, 0.2, 1.0]), np.array([1.0, 1.0, 0.0]))
    assert found.tolist() == pytest.approx([0.0625, 0.64, 1.0])


def test_the_log_score_is_cut_at_a_thousandth() -> None:
    q, y = np.array([0.75, 0.75, 0.0, 1.0]), np.array([1.0, 0.0, 1.0, 1.0])
    expected = [-log(0.75), -log(0.25), -log(0.001), -log(0.999)]
    assert log_scores(q, y).tolist() == pytest.approx(expected)


def test_skill_is_what_the_references_brier_score_was_worse_by() -> None:
    q, p, y = np.array([0.75, 0.6, 0.9]), np.full(3, 0.6), np.array([1.0, 1.0, 0.0])
    assert paired_skills(q, p, y).tolist() == pytest.approx([0.0975, 0.0, -0.45])


def test_where_the_reference_is_right_straying_costs_the_square_of_the_way() -> None:
    rng = np.random.default_rng(1)
    p = rng.uniform(0.2, 0.8, 400_000)
    y = (rng.uniform(size=p.size) < p).astype(np.float64)
    assert paired_skills(p + 0.1, p, y).mean() == pytest.approx(-0.01, abs=5e-4)


def test_the_skill_score_is_a_share_of_the_reference() -> None:
    assert skill_score(0.15, 0.2) == pytest.approx(0.25)
    assert skill_score(0.15, 0.0) is None


def test_every_event_weighs_the_same_however_many_forecasts_it_has() -> None:
    found = clustered_mean([0.3, 0.1, 0.2, -0.1, 0.6], ["a", "a", "a", "b", "c"])
    assert found is not None
    means = [0.2, -0.1, 0.6]
    assert found.mean == pytest.approx(0.7 / 3)
    assert (found.n, found.units) == (5, 3)
    theirs = stats.ttest_1samp(means, 0, alternative="greater")
    assert found.p_above == pytest.approx(theirs.pvalue)
    assert found.standard_error == pytest.approx(stats.sem(means))
    low, high = stats.ttest_1samp(means, 0).confidence_interval(0.95)
    assert found.interval is not None
    assert (found.interval.low, found.interval.high) == pytest.approx((low, high))
    assert found.bootstrap is None


def test_one_event_has_a_mean_and_nothing_else() -> None:
    found = clustered_mean([0.3, 0.1], ["a", "a"])
    assert found is not None
    assert found.mean == pytest.approx(0.2)
    assert (found.interval, found.p_above, found.standard_error) == (None, None, None)
    assert clustered_mean([], []) is None


def test_the_clustered_interval_holds_the_truth_95_times_in_100() -> None:
    rng = np.random.default_rng(2)
    clusters = np.repeat(np.arange(25), rng.integers(1, 9, 25)).tolist()
    held, boot, draws = 0, 0, 400
    for _ in range(draws):
        shared = rng.normal(0.02, 0.1, 25)[clusters]
        found = clustered_mean(shared + rng.normal(0, 0.1, len(shared)), clusters)
        again = clustered_mean(shared, clusters, rng=rng)
        assert found is not None
        assert found.interval is not None
        assert again is not None
        assert again.bootstrap is not None
        held += found.interval.low <= 0.02 <= found.interval.high
        boot += again.bootstrap.low <= 0.02 <= again.bootstrap.high
    assert held / draws == pytest.approx(0.95, abs=0.03)
    assert boot / draws == pytest.approx(0.93, abs=0.04)


def test_a_copier_with_noise_is_said_to_beat_a_fair_market_at_most_5_in_100() -> None:
    rng = np.random.default_rng(3)
    alarms, draws, events = 0, 1000, 60
    for _ in range(draws):
        p = rng.uniform(0.1, 0.9, events)
        q = np.clip(p + rng.normal(0, 0.02, events), 0, 1)
        y = (rng.uniform(size=events) < p).astype(np.float64)
        found = clustered_mean(paired_skills(q, p, y), range(events))
        assert found is not None
        assert found.p_above is not None
        alarms += found.p_above <= 0.05
    assert alarms / draws <= 0.065


def test_interim_skill_foretells_the_final_one_where_prices_are_fair() -> None:
    rng = np.random.default_rng(4)
    p0 = rng.uniform(0.2, 0.8, 200_000)
    q = rng.uniform(0, 1, p0.size)
    later = np.where(rng.uniform(size=p0.size) < 0.5, p0 + 0.15, p0 - 0.15)
    y = (rng.uniform(size=p0.size) < later).astype(np.float64)
    missed = paired_skills(q, p0, y) - paired_skills(q, p0, later)
    assert missed.mean() == pytest.approx(0.0, abs=4 * stats.sem(missed))


def test_one_estimate_is_shrunk_by_the_share_of_its_noise() -> None:
    assert list(shrink_to_zero([0.04], [0.02])) == pytest.approx([0.04 * 0.75])
    assert shrink_to_zero([0.02], [0.04]) == (0.0,)
    assert shrink_to_zero([0.04, 0.1], [None, None]) == (None, None)
    assert shrink_to_zero([], []) == ()


def test_of_two_alike_the_noisier_is_shrunk_more() -> None:
    steady, noisy = shrink_to_zero([0.05, 0.05], [0.01, 0.03])
    assert steady is not None
    assert noisy is not None
    assert 0.05 > steady > noisy > 0


def test_shrunken_means_lie_nearer_to_the_truth_than_plain_ones() -> None:
    rng = np.random.default_rng(5)
    errors = rng.uniform(0.01, 0.06, 4000)
    truth = rng.normal(0, 0.02, errors.size)
    seen = truth + rng.normal(0, errors)
    shrunken = np.array(shrink_to_zero(seen.tolist(), errors.tolist()), dtype=float)
    assert ((shrunken - truth) ** 2).mean() < 0.4 * ((seen - truth) ** 2).mean()
    best = seen * 0.02**2 / (0.02**2 + errors**2)
    assert ((shrunken - best) ** 2).mean() < 1e-6
