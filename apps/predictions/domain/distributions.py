"""Curves and counts in few enough points to be drawn."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from apps.core.domain.moments import FloatArray
    from apps.core.domain.survival import SurvivalCurve

MOST_POINTS = 100
# Movement towards the prediction in probability points; the outer bins are open.
EDGES = (-1.0, -0.2, -0.1, -0.05, -0.01, 0.01, 0.05, 0.1, 0.2, 1.0)


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """The share reached by so many hours, with its band where that is known."""

    hours: float
    reached: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Bin:
    """How many values lie from `low` up to but without `high`; the last has its end."""

    low: float
    high: float
    n: int


def reaching_points(curve: SurvivalCurve) -> tuple[CurvePoint, ...]:
    """Will turn a curve of what is left into one of what is reached, thinned out."""
    total = len(curve.times)
    if not total:
        return ()
    places = np.unique(np.linspace(0, total - 1, min(total, MOST_POINTS)).astype(int))
    return tuple(
        CurvePoint(
            hours=float(curve.times[place]),
            reached=1 - float(curve.share[place]),
            low=_rest(float(curve.high[place])),
            high=_rest(float(curve.low[place])),
        )
        for place in places.tolist()
    )


def spread_of(values: FloatArray) -> tuple[Bin, ...]:
    """Count movements by how far they went; unknown ones are left out."""
    known = values[~np.isnan(values)]
    counts, _ = np.histogram(np.clip(known, -1.0, 1.0), bins=np.array(EDGES))
    return tuple(
        Bin(low, high, n)
        for (low, high), n in zip(pairwise(EDGES), counts.tolist(), strict=True)
    )


def _rest(share: float) -> float | None:
    return None if np.isnan(share) else 1 - share
