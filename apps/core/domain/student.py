"""Quantiles of Student's t for many rows at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import special

if TYPE_CHECKING:
    from apps.core.domain.moments import FloatArray


def student_quantile(share: float, df: FloatArray) -> FloatArray:
    """Will give the t below which `share` of the distribution lies, one per df.

    Each number of degrees of freedom is solved for once: it is found by iteration, and
    rows that have the same items have the same.
    """
    different, which = np.unique(df, return_inverse=True)
    quantiles: FloatArray = special.stdtrit(different, share)[which]
    return quantiles
