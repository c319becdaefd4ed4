"""One probability from several forecasters' of one market.

Pooling: the median; the mean without the extremes (Jose and Winkler 2008, "Simple
robust averages of forecasts"); and a mean weighted by past accuracy (Bates and Granger
1969, "The combination of forecasts"), shrunk to equal weights, since estimated weights
lose to equal ones where the record is short (Smith and Wallis 2009, "A simple
explanation of the forecast combination puzzle").
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from statistics import fmean, median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TRIM = 0.2  # cut off at either end
FEWEST_TO_TRIM = 3
# So many settled events weigh as much as what all members share.
SHRINKAGE_EVENTS = 20
# The expected squared error of nobody is taken for less.
LEAST_ERROR = 0.01


class Method(StrEnum):
    """How an ensemble comes to its probability."""

    MEDIAN = "median"
    TRIMMED = "trimmed"
    WEIGHTED = "weighted"


@dataclass(frozen=True, slots=True)
class EventSkill:
    """A member on one settled event: the mean of its predictions there.

    `skill` is the market's squared error at prediction time less the member's,
    `market_error` the market's own.
    """

    skill: float
    market_error: float


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over settled events; the market's errors are those on the same events."""

    events: int
    skill: float
    market_error: float


class PastSkill:
    """What a member has shown so far, by event."""

    def __init__(self, events: Mapping[str, EventSkill] | None = None) -> None:
        """Add it up once: a weight is asked for each market that is predicted."""
        self._events = dict(events or {})
        shown = self._events.values()
        self._all = Totals(
            len(shown),
            math.fsum(one.skill for one in shown),
            math.fsum(one.market_error for one in shown),
        )

    def besides(self, event: str) -> Totals:
        """Return the sums as if nothing were known of one event."""
        own = self._events.get(event)
        if own is None:
            return self._all
        return Totals(
            self._all.events - 1,
            self._all.skill - own.skill,
            self._all.market_error - own.market_error,
        )


def trimmed_mean(values: Sequence[float]) -> float:
    """Return the mean without the lowest and the highest fifth, at least one of each.

    Below three values nothing is cut.
    """
    ordered = sorted(values)
    cut = 0
    if len(ordered) >= FEWEST_TO_TRIM:
        cut = max(1, math.floor(TRIM * len(ordered)))
    return fmean(ordered[cut : len(ordered) - cut])


def skill_weights(pasts: Sequence[PastSkill], event: str) -> list[float]:
    """Return the members' weights for a market of an event; they add up to one.

    With n settled events and a mean skill S over the market, each event weighing the
    same, a member's shrunk skill is s = (n·S + k·S̄) / (n + k): S̄ is the mean over all
    members' events, k is `SHRINKAGE_EVENTS`. Its expected squared error is the market's
    mean on those events less s, at least `LEAST_ERROR`, and its weight is in inverse
    proportion to that. Without any settled event the weights are equal. Of the event
    that is predicted nothing is used, not even its other markets.
    """
    known = [past.besides(event) for past in pasts]
    total = sum(one.events for one in known)
    if not total:
        return [1 / len(pasts)] * len(pasts)
    common = math.fsum(one.skill for one in known) / total
    market_error = math.fsum(one.market_error for one in known) / total
    shrunk = [
        (one.skill + SHRINKAGE_EVENTS * common) / (one.events + SHRINKAGE_EVENTS)
        for one in known
    ]
    inverse = [1 / max(market_error - skill, LEAST_ERROR) for skill in shrunk]
    whole = math.fsum(inverse)
    return [one / whole for one in inverse]


def combine(
    method: Method, probabilities: Sequence[float], weights: Sequence[float]
) -> float:
    """Return the ensemble's probability; the weighted mean alone minds `weights`."""
    if method is Method.MEDIAN:
        return median(probabilities)
    if method is Method.TRIMMED:
        return trimmed_mean(probabilities)
    pairs = zip(probabilities, weights, strict=True)
    # Rounding may lead out of what the members say, and nothing else.
    mean = math.fsum(value * weight for value, weight in pairs)
    return min(max(mean, min(probabilities)), max(probabilities))
