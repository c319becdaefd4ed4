"""Whether a price went where a forecast pointed, and not where its mirror image did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from apps.core.domain.moments import FloatArray, cluster_means

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

DRAWS = 9999
# Beyond this many events the sum of their flips is normal to three digits.
MOST_DRAWN = 200
_SEED = 20260101


@dataclass(frozen=True, slots=True)
class DirectionalAccuracy:
    """The share of forecasts that the price came nearer to, against its matched null.

    `null` is the share that a coin would have had which chooses, for each event,
    between the forecasts and their mirror images at the other side of the price.
    `excess` is accuracy − null; `p` is two-sided.
    """

    accuracy: float
    null: float
    excess: float
    p: float | None
    n: int
    units: int


def directional_accuracy(
    probabilities: FloatArray,
    starts: FloatArray,
    ends: FloatArray,
    clusters: Sequence[Hashable],
    *,
    threshold: float = 0.0,
) -> DirectionalAccuracy | None:
    """Will compare forecasts q with their mirror images 2·p0 − q on the same prices.

    A forecast is right where |q − p0| − |q − p| > threshold. Half is not the rate of
    a forecaster who knows nothing: prices rest, and they pass by what is near. The
    mirror image has the same distance from the same price on the same path, so under
    the hypothesis that the side means nothing, both are as likely; flipping the side
    event by event gives the exact distribution of the difference (Fisher 1935, The
    Design of Experiments, section 21), drawn 9,999 times with the observed one counted
    (Phipson and Smyth 2010, SAGMB 9:39), and by the normal beyond 200. Every
    event weighs the same. Assumes independent events. None of nothing.

    Args:
        probabilities: the forecasts q.
        starts: the price p0 when each was made.
        ends: the price p that is looked at.
        clusters: the event of each.
        threshold: how much nearer counts, in probability points.
    """
    if len(probabilities) == 0:
        return None
    hits = _nearer(probabilities, starts, ends, threshold)
    mirrored = _nearer(2 * starts - probabilities, starts, ends, threshold)
    right, other = cluster_means(hits, clusters), cluster_means(mirrored, clusters)
    difference = right - other
    return DirectionalAccuracy(
        accuracy=float(right.mean()),
        null=float((right + other).mean() / 2),
        excess=float(difference.mean() / 2),
        p=_flip(difference),
        n=len(hits),
        units=len(right),
    )


def _nearer(
    q: FloatArray, starts: FloatArray, ends: FloatArray, threshold: float
) -> FloatArray:
    # Prices have eight decimals: what is left of them in floats is no movement.
    gained = np.round(np.abs(q - starts) - np.abs(q - ends), 9)
    return (gained > threshold).astype(np.float64)


def _flip(difference: FloatArray) -> float | None:
    """Return the two-sided p-value of the sum under fair signs; None if all are 0."""
    moved = difference[difference != 0]
    if len(moved) == 0:
        return None
    total = abs(float(moved.sum()))
    if len(moved) > MOST_DRAWN:
        return float(special.erfc(total / np.sqrt(2 * float((moved**2).sum()))))
    rng = np.random.default_rng(_SEED)
    signs = rng.integers(0, 2, size=(DRAWS, len(moved)), dtype=np.int8) * 2 - 1
    reached = np.abs(signs @ moved) >= total - 1e-9
    return float((1 + reached.sum()) / (1 + DRAWS))
