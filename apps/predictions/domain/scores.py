"""What a settled prediction is worth: the columns that a summary gets at the end.

Everything is seen from the predicted outcome: `value` is what its share paid. A market
that ended without a winner, or paid neither 0 nor 1, scores nothing; it is counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from apps.core.domain.forecasts import brier_scores, log_scores, paired_skills

if TYPE_CHECKING:
    from apps.core.domain.moments import BoolArray, FloatArray

# A prediction this near to the market has copied it, as far as anybody can tell.
COPIED = 0.01
# What rounding may add to a difference of two prices.
_EPSILON = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class SettledScores:
    """The scores of many predictions by column; NaN where one has none."""

    brier: FloatArray
    log_score: FloatArray
    skill: FloatArray
    closing_skill: FloatArray


def settled_scores(
    probabilities: FloatArray,
    initial_prices: FloatArray,
    closing_prices: FloatArray,
    values: FloatArray,
) -> SettledScores:
    """Will score predictions whose markets have ended.

    `skill` is the Brier score gained over the market when the prediction was made, and
    `closing_skill` over its last price before it closed. Formulas and sources:
    `apps.core.domain.forecasts`.

    Args:
        probabilities: the predictions.
        initial_prices: the market when each was made.
        closing_prices: the last valid price, NaN where there was none.
        values: what the outcome paid; anything but 0 and 1 (void, half) scores nothing.
    """
    y = np.where((values == 0) | (values == 1), values, np.nan)
    return SettledScores(
        brier=brier_scores(probabilities, y),
        log_score=log_scores(probabilities, y),
        skill=paired_skills(probabilities, initial_prices, y),
        closing_skill=paired_skills(probabilities, closing_prices, y),
    )


def is_copy(probabilities: FloatArray, initial_prices: FloatArray) -> BoolArray:
    """Tell which predictions lie within one point of the market that they saw."""
    distance = np.abs(probabilities - initial_prices)
    return np.asarray(distance <= COPIED + _EPSILON, dtype=np.bool_)
