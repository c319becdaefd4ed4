"""All scores of predictions whose outcome is known, whoever made them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import inf
from typing import TYPE_CHECKING

import numpy as np

from apps.core.domain.calibration import (
    CalibrationError,
    MurphyDecomposition,
    ReliabilityBin,
    calibration_error,
    decompose_brier,
    reliability_bins,
)
from apps.core.domain.correlation import rank_correlation
from apps.core.domain.forecasts import skill_score
from apps.core.domain.power import DESIGN
from apps.predictions.domain.figures import (
    DIFFERENCE,
    Figure,
    mean_figure,
    pick,
    share_figure,
)
from apps.predictions.domain.scores import is_copy, settled_scores

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from apps.core.domain.moments import BoolArray, FloatArray

# Resampling is repeatable: the same predictions have the same interval.
SEED = 20261124
# Confidence is shown in four bands; 100 is in the last one.
CONFIDENCE_EDGES = (0.0, 25.0, 50.0, 75.0, 100.0)

NOT_SETTLED = "nothing is settled yet"
NO_PRICE = "no settled prediction has a market price"
NO_CLOSING = "no settled prediction has a price from before the close"
NO_CONFIDENCE = "no settled prediction has a confidence and a market price"


@dataclass(frozen=True, slots=True, eq=False)
class Resolved:
    """Predictions whose outcome came (1) or did not (0), as columns; NaN: unknown.

    `prices` are the market's when each was made, `closing_prices` its last valid ones,
    `confidences` are 0-100. `clusters` names the event of each.
    """

    probabilities: FloatArray
    values: FloatArray
    prices: FloatArray
    closing_prices: FloatArray
    confidences: FloatArray
    clusters: Sequence[Hashable]

    def take(self, where: BoolArray) -> Resolved:
        """Return some of them."""
        return Resolved(
            self.probabilities[where],
            self.values[where],
            self.prices[where],
            self.closing_prices[where],
            self.confidences[where],
            pick(self.clusters, where),
        )


@dataclass(frozen=True, slots=True)
class ConfidenceBand:
    """Predictions of one band of confidence, and what they gained over the market."""

    low: float
    high: float
    skill: Figure


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether settled predictions beat the market: a word, and how sure it is.

    `word` is `better`, `worse`, `undecided` where the skill could be chance, or `none`
    where there is nothing to judge, and then `reason` says why. `p` is the one-sided
    p-value of a market that is as good or better; for `worse`, of one that is as good
    or worse.
    """

    word: str
    p: float | None
    reason: str = ""


def judge(skill: Figure) -> Verdict:
    """Will tell by the mean skill over events, at 0.05 on either side."""
    if skill.value is None or skill.p_above is None:
        return Verdict("none", None, skill.reason)
    above, below = skill.p_above, 1 - skill.p_above
    if below <= DESIGN.alpha:
        return Verdict("worse", below)
    return Verdict("better" if above <= DESIGN.alpha else "undecided", above)


@dataclass(frozen=True, slots=True)
class ResolvedScores:
    """Every score of settled predictions; each figure says what it was computed from.

    `market_brier` and `market_log_score` are the market's own on the same predictions,
    and `priced_brier` the predictions' on those that have a price. `skill_score` is
    1 − priced_brier / market_brier.
    """

    brier: Figure
    log_score: Figure
    priced_brier: Figure
    market_brier: Figure
    market_log_score: Figure
    skill: Figure
    closing_skill: Figure
    skill_score: Figure
    copies: Figure
    confidence: Figure
    confidence_bands: tuple[ConfidenceBand, ...]
    murphy: MurphyDecomposition | None
    calibration: CalibrationError | None
    bins: tuple[ReliabilityBin, ...]


def score_resolved(resolved: Resolved) -> ResolvedScores:
    """Will score settled predictions; sources and formulas: `apps.core.domain`.

    Means weigh every event the same, and their intervals draw events. Calibration and
    the Murphy decomposition are over predictions; their bands count events.
    """
    q, y = resolved.probabilities, resolved.values
    rng = np.random.default_rng(SEED)
    scores = settled_scores(q, resolved.prices, resolved.closing_prices, y)
    market = settled_scores(resolved.prices, resolved.prices, resolved.prices, y)
    priced = ~np.isnan(resolved.prices)
    no_price = NO_PRICE if len(y) else NOT_SETTLED
    no_closing = NO_CLOSING if len(y) else NOT_SETTLED

    def skill(column: FloatArray, missing: str) -> Figure:
        there = ~np.isnan(column)
        names = pick(resolved.clusters, there)
        return mean_figure(
            column[there], names, rng=rng, missing=missing, within=DIFFERENCE
        )

    def mean(column: FloatArray, missing: str, most: float = 1.0) -> Figure:
        there = ~np.isnan(column)
        names = pick(resolved.clusters, there)
        return mean_figure(column[there], names, missing=missing, within=(0.0, most))

    copied = is_copy(q[priced], resolved.prices[priced])
    priced_brier = mean(np.where(priced, scores.brier, np.nan), no_price)
    market_brier = mean(market.brier, no_price)
    return ResolvedScores(
        brier=mean(scores.brier, NOT_SETTLED),
        log_score=mean(scores.log_score, NOT_SETTLED, inf),
        priced_brier=priced_brier,
        market_brier=market_brier,
        market_log_score=mean(market.log_score, no_price, inf),
        skill=skill(scores.skill, no_price),
        closing_skill=skill(scores.closing_skill, no_closing),
        skill_score=_skill_score(priced_brier, market_brier),
        copies=share_figure(copied, pick(resolved.clusters, priced), missing=no_price),
        confidence=correlate_confidence(resolved.confidences, scores.skill, resolved),
        confidence_bands=_bands(resolved, scores.skill),
        murphy=decompose_brier(q, y),
        calibration=calibration_error(q, y),
        bins=reliability_bins(q, y, resolved.clusters),
    )


def correlate_confidence(
    confidences: FloatArray, skills: FloatArray, resolved: Resolved
) -> Figure:
    """Will give Spearman's rho of confidence and skill, None below 30 pairs.

    Its interval draws events, as every other does.
    """
    both = ~np.isnan(confidences) & ~np.isnan(skills)
    if not both.any():
        nothing = np.isnan(resolved.values).all()
        return Figure(None, 0, 0, reason=NOT_SETTLED if nothing else NO_CONFIDENCE)
    events = pick(resolved.clusters, both)
    found = rank_correlation(confidences[both], skills[both], events)
    interval = found.interval
    return Figure(
        value=found.rho,
        n=found.n,
        events=found.units,
        low=interval.low if interval else None,
        high=interval.high if interval else None,
        reason=found.reason,
    )


def _skill_score(own: Figure, market: Figure) -> Figure:
    if own.value is None or market.value is None:
        return Figure(None, own.n, own.events, reason=own.reason)
    value = skill_score(own.value, market.value)
    reason = "the market was never wrong" if value is None else ""
    return Figure(value, own.n, own.events, reason=reason)


def _bands(resolved: Resolved, skills: FloatArray) -> tuple[ConfidenceBand, ...]:
    bands = []
    edges = CONFIDENCE_EDGES
    for low, high in pairwise(edges):
        given = resolved.confidences
        inside = (given >= low) & ((given < high) | (high == edges[-1]))
        inside &= ~np.isnan(skills)
        skill = mean_figure(
            skills[inside], pick(resolved.clusters, inside), within=DIFFERENCE
        )
        bands.append(ConfidenceBand(low, high, skill))
    return tuple(bands)
