"""Many tests at once: the chance of any false alarm, or the share of false ones."""

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
    p = _checked(p_values)
    order = np.argsort(p, kind="stable")
    factors = np.arange(len(p), 0, -1)
    stepped = np.maximum.accumulate(np.minimum(1.0, factors * p[order]))
    adjusted = np.empty_like(p)
    adjusted[order] = stepped
    return tuple(adjusted.tolist())


def benjamini_hochberg_adjust(
    p_values: Sequence[float] | FloatArray,
) -> tuple[float, ...]:
    """Will give Benjamini and Hochberg's adjusted p-values, in the order of the input.

    The i-th smallest of m is min over j >= i of min(1, m p(j) / j) (Benjamini and
    Hochberg 1995, J. Royal Statistical Society B 57:289-300). Of those called at
    <= alpha the expected share of false ones is at most alpha, for independent tests
    and for positively dependent ones (Benjamini and Yekutieli 2001, Annals of
    Statistics 29:1165-1188).

    Raises:
        ValueError: a p-value is not within 0-1.
    """
    p = _checked(p_values)
    order = np.argsort(p, kind="stable")[::-1]
    factors = len(p) / np.arange(len(p), 0, -1)
    stepped = np.minimum.accumulate(np.minimum(1.0, factors * p[order]))
    adjusted = np.empty_like(p)
    adjusted[order] = stepped
    return tuple(adjusted.tolist())


def _checked(p_values: Sequence[float] | FloatArray) -> FloatArray:
    p = np.asarray(p_values, dtype=np.float64)
    if not np.all((p >= 0) & (p <= 1)):
        raise ValueError("a p-value is not within 0-1")
    return p
