"""What the intervals and tests promise, counted on data whose truth is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import stats

from apps.core.domain.comparison import compare_models
from apps.core.domain.estimates import MeanEstimate, estimate_means
from apps.core.domain.intervals import wilson_interval
from apps.core.domain.paired import PairSettings, paired_differences
from apps.core.domain.score_table import ScoreTable

if TYPE_CHECKING:
    from apps.core.domain.moments import FloatArray


def table_of(values: FloatArray) -> ScoreTable:
    models = tuple(f"m{i}" for i in range(values.shape[0]))
    items = tuple(f"i{i}" for i in range(values.shape[1]))
    unit_scale = bool(((values >= 0) & (values <= 1)).all())
    return ScoreTable(models, items, values, None, unit_scale)


def coverage(estimates: list[MeanEstimate], truth: float) -> float:
    held = [e.interval.low <= truth <= e.interval.high for e in estimates if e.interval]
    assert len(held) == len(estimates)
    return float(np.mean(held))


@pytest.mark.parametrize("n", [5, 20, 100])
def test_wilson_covers_95_percent_on_average_over_all_rates(n: int) -> None:
    rates = np.linspace(0.005, 0.995, 199)
    held = np.zeros_like(rates)
    for successes in range(n + 1):
        interval = wilson_interval(successes, n)
        inside = (interval.low <= rates) & (rates <= interval.high)
        held += inside * stats.binom.pmf(successes, n, rates)
    assert held.mean() == pytest.approx(0.95, abs=0.01)
    assert held.min() > 0.82


def test_the_t_interval_covers_95_percent() -> None:
    values = np.random.default_rng(11).normal(0.6, 0.2, size=(4000, 8))
    found = coverage(estimate_means(values, None, unit_scale=False), 0.6)
    assert found == pytest.approx(0.95, abs=0.012)


@pytest.mark.parametrize(
    "sizes",
    [[5] * 10, [5] * 20, [1, 1, 2, 2, 3, 5, 8, 13, 20, 45], [50, 2, 2, 1, 1, 1]],
)
def test_the_clustered_interval_covers_what_the_plain_one_misses(
    sizes: list[int],
) -> None:
    rng = np.random.default_rng(12)
    clusters = np.repeat(np.arange(len(sizes)), sizes)
    shared = rng.normal(0, 1, size=(4000, len(sizes)))
    values = shared[:, clusters] + rng.normal(0, 1, size=(4000, len(clusters)))
    starts = np.append(0, np.cumsum(sizes)[:-1])
    clustered = coverage(estimate_means(values, starts, unit_scale=False), 0.0)
    plain = coverage(estimate_means(values, None, unit_scale=False), 0.0)
    assert clustered == pytest.approx(0.95, abs=0.025)
    assert plain < 0.80


@pytest.mark.parametrize(("wins", "losses"), [(0.2, 0.1), (0.05, 0.05), (0.02, 0.0)])
def test_the_interval_of_two_pass_rates_covers_95_percent(
    wins: float, losses: float
) -> None:
    rng = np.random.default_rng(13)
    outcomes = rng.choice(
        [1, -1, 0], p=[wins, losses, 1 - wins - losses], size=(2000, 60)
    )
    others = np.where(outcomes == 1, 0.0, 1.0)
    first = np.where(outcomes == -1, 0.0, 1.0)
    held = []
    for mine, other in zip(first, others, strict=True):
        pair = paired_differences(
            mine, other[np.newaxis], None, settings=PairSettings()
        )[0]
        assert pair.interval is not None
        held.append(pair.interval.low <= wins - losses <= pair.interval.high)
    assert 0.935 < float(np.mean(held)) <= 1.0


def test_holm_raises_a_false_alarm_in_at_most_one_table_of_twenty() -> None:
    rng = np.random.default_rng(14)
    alarms = {"passes": 0, "scores": 0}
    for _ in range(400):
        difficulty = rng.random(50)
        equal = {
            "passes": (rng.random((5, 50)) < difficulty).astype(float),
            "scores": difficulty + rng.normal(0, 0.3, size=(5, 50)),
        }
        for kind, values in equal.items():
            pairs = compare_models(table_of(values)).pairs
            alarms[kind] += any(pair.significant for pair in pairs)
    # 0.05 plus three standard errors of a share of 400.
    assert max(alarms.values()) / 400 <= 0.05 + 3 * (0.05 * 0.95 / 400) ** 0.5
    assert alarms["scores"] > 0


def test_true_ranks_lie_inside_their_ranges() -> None:
    rng = np.random.default_rng(15)
    skills = np.array([0.75, 0.6, 0.6, 0.45, 0.2])
    true_ranks = [1 + int((skills > skill).sum()) for skill in skills]
    missed = 0
    for _ in range(300):
        ease = rng.normal(0, 0.15, size=120)
        values = (rng.random((5, 120)) < skills[:, np.newaxis] + ease).astype(float)
        standings = {s.model: s for s in compare_models(table_of(values)).models}
        missed += any(
            not standings[f"m{i}"].rank_low <= rank <= standings[f"m{i}"].rank_high
            for i, rank in enumerate(true_ranks)
        )
    assert missed / 300 <= 0.05 + 3 * (0.05 * 0.95 / 300) ** 0.5
