"""Many tests at once: the chance of even one false alarm."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from apps.core.domain.moments import FloatArray


def holm_adjust(p_values: Sequence[float] | FloatArray) -> tuple[float, ...]:
    """Will give Holm's step-down adjusted p-values, in the order of the input.

    The i-th smallest of m is max over j <= i of min(1, (m - j + 1) p(j)) (Holm 1979,
    Scandinavian Journal of Statistics 6:65-70). Rejecting where it is <= alpha keeps
    the probability of one or more false alarms at or below alpha, whatever the
    dependence between the tests. Assumes only that each p-value is valid.

    Raises:
        ValueError: a p-value is not within 0-1.
    """
    p = np.asarray(p_values, dtype=np.float64)
    if not np.all((p >= 0) & (p <= 1)):
        raise ValueError("a p-value is not within 0-1")
    order = np.argsort(p, kind="stable")
    factors = np.arange(len(p), 0, -1)
    stepped = np.maximum.accumulate(np.minimum(1.0, factors * p[order]))
    adjusted = np.empty_like(p)
    adjusted[order] = stepped
    return tuple(adjusted.tolist())
