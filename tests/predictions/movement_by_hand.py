"""The metrics of one look at one prediction, as plainly as they can be written."""

from __future__ import annotations

from dataclasses import dataclass

HOUR = 3600.0
ROUNDING = 1e-9


@dataclass(frozen=True)
class One:
    """A prediction, what is known of it, and its market now; None is nothing known."""

    q: float
    p0: float
    p: float
    predicted_at: float
    now: float
    observed_at: float
    usable: bool = True
    reached: bool = False
    previous: tuple[float, float] | None = None  # the valid price before, and when
    spread: float | None = None
    tick: float | None = None
    then: tuple[float, float] | None = None  # the price that opens the windows


def agrees(one: One) -> bool:
    return abs(one.q - one.p0) < 0.02 - ROUNDING


def cumulative(one: One) -> float:
    return abs(one.q - one.p0) - abs(one.q - one.p)


def percentage(one: One) -> float | None:
    return None if agrees(one) else 100 * cumulative(one) / abs(one.q - one.p0)


def crosses(one: One) -> bool:
    if not one.usable or agrees(one):
        return False
    if one.q > one.p0:
        return one.p >= one.q - ROUNDING
    return one.p <= one.q + ROUNDING


def moved(one: One) -> float | None:
    if one.previous is None:
        return None
    return abs(one.q - one.previous[0]) - abs(one.q - one.p)


def threshold(one: One) -> float:
    return max(0.005, one.tick or 0.0, (one.spread or 0.0) / 2)


def direction(one: One) -> str:
    if not one.usable:
        return ""
    if agrees(one):
        return "AGREES"
    return "REACHED" if one.reached or crosses(one) else _way(moved(one), one)


def _way(points: float | None, one: One) -> str:
    if points is None:
        return ""
    if abs(points) < threshold(one) - ROUNDING:
        return "STABLE"
    return "CONVERGING" if points > 0 else "DIVERGING"


def rate(one: One) -> float | None:
    points = moved(one)
    if points is None or one.previous is None or not one.usable or agrees(one):
        return None
    elapsed = one.observed_at - one.previous[1]
    return None if elapsed < 360 else points / (elapsed / HOUR)


def window(one: One, hours: int) -> float | None:
    if one.then is None or not one.usable:
        return None
    price, at = one.then
    begins = one.now - hours * HOUR
    if not begins - 0.1 * hours * HOUR <= at <= begins + 60:
        return None
    if at < one.predicted_at:
        return None
    return abs(one.q - price) - abs(one.q - one.p)


def skill(one: One) -> float:
    return (one.p0 - one.p) ** 2 - (one.q - one.p) ** 2
