from __future__ import annotations

from math import log

import numpy as np
import pytest

from apps.predictions.domain.scores import is_copy, settled_scores


def test_a_settled_prediction_is_scored_against_both_prices() -> None:
    found = settled_scores(
        np.array([0.75]), np.array([0.6]), np.array([0.9]), np.array([1.0])
    )
    assert found.brier.tolist() == pytest.approx([0.0625])
    assert found.log_score.tolist() == pytest.approx([-log(0.75)])
    assert found.skill.tolist() == pytest.approx([0.16 - 0.0625])
    assert found.closing_skill.tolist() == pytest.approx([0.01 - 0.0625])


@pytest.mark.parametrize("value", [0.5, float("nan")])
def test_an_end_without_a_winner_scores_nothing(value: float) -> None:
    found = settled_scores(
        np.array([0.75]), np.array([0.6]), np.array([0.9]), np.array([value])
    )
    columns = (found.brier, found.log_score, found.skill, found.closing_skill)
    assert np.isnan(columns).all()


def test_without_a_last_price_only_the_closing_skill_is_missing() -> None:
    none = np.array([float("nan")])
    found = settled_scores(np.array([0.2]), np.array([0.3]), none, np.array([0.0]))
    assert found.skill.tolist() == pytest.approx([0.05])
    assert np.isnan(found.closing_skill).all()


def test_within_one_point_of_the_market_is_a_copy() -> None:
    found = is_copy(np.array([0.61, 0.59, 0.611, 0.6]), np.full(4, 0.6))
    assert found.tolist() == [True, True, False, True]
