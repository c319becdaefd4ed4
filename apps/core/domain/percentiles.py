"""Percentiles of what was measured, such as p50 and p95 of a latency."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence


def percentile(values: Sequence[float], share: float) -> float | None:
    """Will give the quantile at `share` (0.95 for p95), in the unit of the values.

    Linear between order statistics: type 7 of Hyndman and Fan 1996, The American
    Statistician 50:361-365. None for no values: there is no latency to show.

    Raises:
        ValueError: `share` is not within 0-1.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"{share} is not within 0-1")
    return float(np.quantile(values, share)) if len(values) else None
