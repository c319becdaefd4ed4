"""The smallest true difference that a sample of this size would probably show."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from apps.core.domain.moments import MIN_UNITS
from apps.core.domain.student import student_quantile

if TYPE_CHECKING:
    from apps.core.domain.moments import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Design:
    """The error rates of a two-sided test that is planned for one pair."""

    alpha: float = 0.05
    power: float = 0.8


DESIGN = Design()
# More than there will ever be: a difference that needs them is none.
MOST_UNITS = 1 << 40


def least_detectable_difference(
    standard_deviation: float, n: int, *, design: Design = DESIGN
) -> float | None:
    """Will give (t(1 - alpha/2) + t(power)) s / sqrt(n), each t with n - 1 df.

    `standard_deviation` is that of the per-item differences (paired). Source: Miller
    2024, arXiv 2411.00640, section 5 (the sample size formula solved for the effect),
    with Student's t in place of the normal, as Bloom 1995, Evaluation Review
    19:547-556, has it. Assumes that the spread stays as it was seen; it does not use
    the difference that was seen. None below two items or without spread.
    """
    if n < MIN_UNITS or standard_deviation <= 0:
        return None
    error = np.array([standard_deviation / math.sqrt(n)])
    return float(least_detectable_from_errors(error, np.array([n - 1.0]), design)[0])


def units_needed(
    difference: float, standard_deviation: float, *, design: Design = DESIGN
) -> int | None:
    """Will give the fewest units whose least detectable difference is `difference`.

    Units are what is drawn independently (events, or items that stand alone), and
    `standard_deviation` is that of their paired differences. Source and assumption:
    `least_detectable_difference`, of which it is the inverse. None where the difference
    is 0, which no number tells from 0, or there is no spread.
    """
    if difference == 0 or standard_deviation <= 0:
        return None
    wanted = abs(difference) / standard_deviation

    def shows(n: int) -> bool:
        found = least_detectable_difference(1.0, n, design=design)
        return found is not None and found <= wanted

    high = MIN_UNITS
    while not shows(high):
        high *= 2
        if high > MOST_UNITS:
            return None
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if shows(middle) else (middle, high)
    return high


def least_detectable_from_errors(
    standard_errors: FloatArray, df: FloatArray, design: Design = DESIGN
) -> FloatArray:
    """Will do the same for standard errors of any kind, clustered ones included."""
    multiplier = student_quantile(1 - design.alpha / 2, df)
    return (multiplier + student_quantile(design.power, df)) * standard_errors


def least_detectable_discordant(
    discordance: float, n: int, *, design: Design = DESIGN
) -> float | None:
    """Will give the least detectable difference of two pass rates on the same items.

    With a share ψ of items on which the two models disagree, McNemar's test has the
    wanted power at the δ that solves

        δ sqrt(n) = z(1 - alpha/2) sqrt(ψ) + z(power) sqrt(ψ - δ²)

    (Connor 1987, Biometrics 43:207-211, p. 209). δ cannot exceed ψ;
    where it would, models must disagree more than they did, and always in one
    direction: the exact test needs k such items, k being the first with
    2 · 0.5^k <= alpha, and δ is the probability at which a binomial count of n
    reaches k with the wanted power. That floor holds for every ψ. None where even n
    such items would not be significant.

    Raises:
        ValueError: `discordance` is not a share.
    """
    if not 0 <= discordance <= 1:
        raise ValueError(f"discordance {discordance} is not within 0-1")
    shares, counts = np.array([discordance]), np.array([n])
    found = float(least_detectable_discordants(shares, counts, design=design)[0])
    return None if math.isnan(found) else found


def least_detectable_discordants(
    discordance: FloatArray, n: IntArray, *, design: Design = DESIGN
) -> FloatArray:
    """Will do the same for many pairs at once; NaN where it gives None."""
    needed = math.ceil(1 - math.log2(design.alpha))
    enough = np.where(n < needed, np.nan, n)
    floor = special.betaincinv(needed, enough - needed + 1, design.power)
    asymptotic = _connor(discordance, enough, design)
    detectable: FloatArray = np.where(
        asymptotic > discordance, floor, np.maximum(floor, asymptotic)
    )
    return detectable


def _connor(discordance: FloatArray, n: FloatArray, design: Design) -> FloatArray:
    """Solve Connor's equation for δ: a quadratic once its last root is squared."""
    z_power = float(special.ndtri(design.power))
    alarm = float(special.ndtri(1 - design.alpha / 2)) * np.sqrt(discordance)
    leading = n + z_power**2
    inner = alarm**2 * n - leading * (alarm**2 - z_power**2 * discordance)
    solved: FloatArray = (
        alarm * np.sqrt(n) + np.sqrt(np.maximum(inner, 0.0))
    ) / leading
    return solved
