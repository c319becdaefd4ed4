"""Means of many, drawn towards nothing by as much as their noise asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import optimize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from apps.core.domain.moments import FloatArray


def shrink_to_zero(
    means: Sequence[float], standard_errors: Sequence[float | None]
) -> tuple[float | None, ...]:
    """Will give each mean times τ² / (τ² + its squared error); None without an error.

    The posterior mean where true values are normal about 0 with variance τ² and the
    estimates normal about them (James and Stein 1961; Efron and Morris 1975, JASA
    70:311-319). τ² solves Σ m² / (τ² + s²) = k over the k estimates (Paule and Mandel
    1982, J. Research NBS 87:377-385, with the centre known), or is 0 where already
    their noise explains them. The centre is 0 because a skill of 0 is the reference's
    own. A single estimate is shrunk by 1 − s²/m². Assumes independent estimates.
    """
    known = [i for i, error in enumerate(standard_errors) if error]
    estimates = np.array([means[i] for i in known], dtype=np.float64)
    variances = np.array([standard_errors[i] for i in known], dtype=np.float64) ** 2
    between = _between(estimates, variances)
    shrunken: list[float | None] = [None] * len(means)
    for i, mean, variance in zip(known, estimates, variances, strict=True):
        shrunken[i] = float(mean * between / (between + variance))
    return tuple(shrunken)


def _between(estimates: FloatArray, variances: FloatArray) -> float:
    def excess(between: float) -> float:
        return float((estimates**2 / (between + variances)).sum()) - len(estimates)

    if len(estimates) == 0 or excess(0.0) <= 0:
        return 0.0
    return float(optimize.brentq(excess, 0.0, float((estimates**2).sum()), xtol=1e-15))
