"""What docs/explanation/why-not-convergence.md says, measured again."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from apps.core.domain.forecasts import paired_skills
from apps.predictions.domain.movement import interim_skill
from tests.predictions.predictit import (
    HISTORY,
    Measured,
    find_history,
    measure,
    ranking,
    read_prices,
)


@pytest.fixture(scope="module")
def measured() -> dict[str, Measured]:
    folder = find_history()
    if folder is None:
        pytest.skip(f"no recorded prices are here: {HISTORY}")
    return measure(read_prices(folder))


def rank_correlation(found: dict[str, Measured], by: str) -> float:
    columns = [[getattr(one, name) for one in found.values()] for name in ("skill", by)]
    return float(stats.spearmanr(*columns).statistic)


def test_on_real_prices_interim_skill_ranks_as_the_outcome_will(
    measured: dict[str, Measured],
) -> None:
    assert ranking(measured, "interim") == ranking(measured, "skill")
    assert ranking(measured, "skill")[0] == "30 % of the way"


def test_on_real_prices_convergence_ranks_backwards(
    measured: dict[str, Measured],
) -> None:
    assert rank_correlation(measured, "convergence") == pytest.approx(-0.9)
    assert ranking(measured, "convergence")[:2] == ["always one half", "any number"]
    best, boldest = "30 % of the way", "all the way to the nearer end"
    assert ranking(measured, "convergence")[-1] == best
    assert measured[boldest].converged_through > 0.9
    assert measured[best].converged_through == 0.0
    assert measured[best].skill > 0 > measured[boldest].skill


def test_on_real_prices_only_interim_skill_tells_good_predictions_from_bad(
    measured: dict[str, Measured],
) -> None:
    anything = measured["any number"]
    assert anything.interim_rho == pytest.approx(0.80, abs=0.01)
    assert anything.convergence_rho == pytest.approx(0.0, abs=0.01)


def test_a_price_passes_a_right_prediction_and_convergence_holds_that_against_it() -> (
    None
):
    """The same on prices that are drawn, for machines without the history."""
    rng = np.random.default_rng(17)
    n = 40_000
    truth = rng.uniform(0.3, 0.7, n)
    first = np.clip(truth - 0.1, 0, 1)  # the market is ten points too low
    came = (rng.uniform(size=n) < truth).astype(np.float64)
    later = np.where(came == 1, 0.9, 0.1)
    right, bold = truth, np.ones(n)
    gained = [paired_skills(q, first, came).mean() for q in (right, bold)]
    interim = [interim_skill(q, first, later).mean() for q in (right, bold)]
    converged = [
        (np.abs(q - first) - np.abs(q - later) > 0).mean() for q in (right, bold)
    ]
    assert gained[0] > 0 > gained[1]
    assert interim[0] > 0 > interim[1]
    assert converged[0] < 0.01
    assert converged[1] == pytest.approx(came.mean(), abs=0.01)
