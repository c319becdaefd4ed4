"""Where experiments stand: the figures of a board's row, and the ranks of its rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from apps.core.domain.forecasts import brier_scores
from apps.core.domain.multiplicity import benjamini_hochberg_adjust, holm_adjust
from apps.core.domain.power import DESIGN
from apps.core.domain.ranking import RankRange, paired_rank_ranges
from apps.core.domain.shrinkage import shrink_to_zero
from apps.predictions.domain.figures import DIFFERENCE, Figure, mean_figure, pick
from apps.predictions.domain.reports import (
    Counts,
    Tracked,
    convergence_of,
    count,
    direction_of,
    resolved_of,
    skills_so_far,
)
from apps.predictions.domain.resolved import correlate_confidence
from apps.predictions.domain.scores import is_copy, settled_scores

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from apps.core.domain.direction import DirectionalAccuracy
    from apps.core.domain.moments import FloatArray

# With fewer events an experiment is listed and not ranked: its interval says little.
MIN_EVENTS = 10
_BRIER = (0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Standing:
    """What a board shows of one experiment on the venues of one nature.

    `public_skill` is the settled skill of what was predicted while everybody saw it,
    and `published_afterwards` counts the predictions from before that.
    """

    counts: Counts
    waiting: int
    copied: int
    skill: Figure
    settled_skill: Figure
    public_skill: Figure
    published_afterwards: int
    interim_skill: Figure
    brier: Figure
    market_brier: Figure
    log_score: Figure
    convergence: Figure
    convergence_rate: Figure
    direction: DirectionalAccuracy | None
    confidence: Figure


@dataclass(frozen=True, slots=True)
class Row:
    """What ranks an experiment; `tested_p` is one-sided, None below two events.

    It is of the `tested_events` settled events by which one may tell whether it beats
    the market.
    """

    key: Hashable
    skill: float | None
    skill_error: float | None
    skill_events: int
    tested_events: int
    tested_p: float | None
    is_public: bool = True

    @property
    def is_ranked(self) -> bool:
        """Return whether it has enough events to have a rank."""
        return self.skill is not None and self.skill_events >= MIN_EVENTS


@dataclass(frozen=True, slots=True)
class Win:
    """A pair of experiments with the p-value of its paired test."""

    better: Hashable
    worse: Hashable
    p: float


@dataclass(frozen=True, slots=True)
class Place:
    """An experiment's place on a board.

    `shrunken_skill` orders the board. `ranks` is None below `MIN_EVENTS` events.
    `beats_market` is None where too little is settled to say; `adjusted_p` is its
    p-value after Benjamini and Hochberg's correction over the board.
    """

    shrunken_skill: float | None
    ranks: RankRange | None
    beats_market: bool | None
    adjusted_p: float | None


def stand(tracked: Tracked, published_at: float | None) -> Standing:
    """Will compute the row of an experiment from all its predictions.

    Args:
        tracked: its predictions.
        published_at: since when everybody sees it, in seconds since 1970; None: never.
    """
    began = np.inf if published_at is None else published_at
    in_public = tracked.predicted_at >= began
    settled = ~np.isnan(tracked.values)
    so_far = skills_so_far(tracked.skills, tracked.interim_skills, tracked.is_void)
    waiting = ~np.isnan(so_far) & ~settled
    resolved = resolved_of(tracked).take(settled)
    scores = settled_scores(
        resolved.probabilities,
        resolved.prices,
        resolved.closing_prices,
        resolved.values,
    )
    convergence = convergence_of(tracked)
    return Standing(
        counts=count(tracked),
        waiting=int(waiting.sum()),
        copied=int(is_copy(tracked.probabilities, tracked.prices).sum()),
        skill=_mean(so_far, tracked.clusters),
        settled_skill=_mean(scores.skill, resolved.clusters),
        public_skill=_mean(
            np.where(in_public[settled], scores.skill, np.nan), resolved.clusters
        ),
        published_afterwards=int((~in_public).sum()),
        interim_skill=_mean(np.where(waiting, so_far, np.nan), tracked.clusters),
        brier=_mean(scores.brier, resolved.clusters, _BRIER),
        market_brier=_mean(
            brier_scores(resolved.prices, resolved.values), resolved.clusters, _BRIER
        ),
        log_score=_mean(scores.log_score, resolved.clusters, (0.0, np.inf)),
        convergence=convergence.points,
        convergence_rate=convergence.rate,
        direction=direction_of(tracked)[0],
        confidence=correlate_confidence(resolved.confidences, scores.skill, resolved),
    )


def place(rows: Sequence[Row], wins: Sequence[Win]) -> dict[Hashable, Place]:
    """Will rank the rows of a board; what is not on it counts for nothing.

    Rank ranges: `paired_rank_ranges` on the pairs that Holm's correction over the
    board's pairs leaves significant. Shrinkage and false discoveries are over the
    ranked rows, the latter over those with enough settled events, and the private ones
    apart: what everybody sees of the others does not hang on them.
    """
    ranked = [row for row in rows if row.is_ranked]
    keys = {row.key for row in ranked}
    tested = [win for win in wins if win.better in keys and win.worse in keys]
    adjusted = holm_adjust([win.p for win in tested])
    won = [
        (str(win.better), str(win.worse))
        for win, p in zip(tested, adjusted, strict=True)
        if p <= DESIGN.alpha
    ]
    ranges = paired_rank_ranges([str(row.key) for row in ranked], won)
    shrunken = shrink_to_zero(
        [row.skill or 0.0 for row in ranked], [row.skill_error for row in ranked]
    )
    discovered = _discover([row for row in ranked if row.is_public])
    discovered |= _discover([row for row in ranked if not row.is_public])
    places: dict[Hashable, Place] = {
        row.key: Place(None, None, None, None) for row in rows
    }
    for row, value in zip(ranked, shrunken, strict=True):
        p = discovered.get(row.key)
        beats = None if p is None else p <= DESIGN.alpha
        places[row.key] = Place(value, ranges[str(row.key)], beats, p)
    return places


def _discover(rows: Sequence[Row]) -> dict[Hashable, float]:
    tested = [
        (row.key, row.tested_p)
        for row in rows
        if row.tested_p is not None and row.tested_events >= MIN_EVENTS
    ]
    adjusted = benjamini_hochberg_adjust([p for _, p in tested])
    return {key: p for (key, _), p in zip(tested, adjusted, strict=True)}


def _mean(
    column: FloatArray,
    clusters: Sequence[Hashable],
    within: tuple[float, float] = DIFFERENCE,
) -> Figure:
    there = ~np.isnan(column)
    return mean_figure(column[there], pick(clusters, there), within=within)
