"""Latencies as histograms that add up: days and models merge without loss."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    _IntArray = NDArray[np.int64]

# Coarse enough that a month of days adds up in a few milliseconds.
RELATIVE_ERROR = 0.05
# Below a microsecond nothing was measured: one bucket holds it all.
SHORTEST_MS = 0.001

_GAMMA = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR)
LOG_GAMMA = math.log(_GAMMA)


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """A histogram as arrays: adding up many days is one step. Buckets may recur."""

    buckets: _IntArray
    counts: _IntArray


def bucket_latencies(milliseconds: Iterable[float]) -> dict[str, int]:
    """Will count durations in ms by bucket, as JSON holds it: bucket index to count.

    Bucket i holds (g^(i-1), g^i] for g = (1 + a) / (1 - a), so that its middle lies
    within a relative error a of everything in it (DDSketch: Masson, Rim and Lee 2019,
    PVLDB 12:2195-2205, section 2.1). Here a is `RELATIVE_ERROR`.
    """
    counts = Counter(_bucket(duration) for duration in milliseconds)
    return {str(bucket): count for bucket, count in counts.items()}


def merge_latencies(histograms: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Will add histograms; the order does not matter."""
    total: dict[str, int] = {}
    for histogram in histograms:
        for bucket, count in histogram.items():
            total[bucket] = total.get(bucket, 0) + count
    return total


def latency_quantile(histogram: Mapping[str, int], share: float) -> float | None:
    """Will give the quantile at `share` (0.95 for p95) in ms, or None for no values.

    It is within `RELATIVE_ERROR` of the order statistic number 1 + ⌊share (n - 1)⌋.

    Raises:
        ValueError: `share` is not within 0-1.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"{share} is not within 0-1")
    total = sum(histogram.values())
    if not total:
        return None
    wanted = 1 + math.floor(share * (total - 1))
    buckets = sorted(int(key) for key in histogram)
    seen = accumulate(histogram[str(bucket)] for bucket in buckets)
    bucket = next(b for b, n in zip(buckets, seen, strict=True) if n >= wanted)
    return _middle(bucket)


def read_histogram(histogram: Mapping[str, int]) -> Histogram:
    """Return the arrays of a histogram as JSON holds it."""
    return Histogram(
        np.array([int(bucket) for bucket in histogram], dtype=np.int64),
        np.array(list(histogram.values()), dtype=np.int64),
    )


def histogram_quantiles(
    histograms: Sequence[Histogram], shares: Sequence[float]
) -> list[float | None]:
    """Will give the quantiles of all histograms together, as `latency_quantile` does.

    Raises:
        ValueError: a share is not within 0-1.
    """
    if not all(0 <= share <= 1 for share in shares):
        raise ValueError(f"a share of {list(shares)} is not within 0-1")
    empty = np.zeros(0, dtype=np.int64)
    buckets = np.concatenate([empty, *(one.buckets for one in histograms)])
    counts = np.concatenate([empty, *(one.counts for one in histograms)])
    total = int(counts.sum())
    if not total:
        return [None] * len(shares)
    lowest = int(buckets.min())
    # Weights are floats, which hold counts below 2^53 exactly.
    seen = np.bincount(buckets - lowest, weights=counts).cumsum()
    wanted = [1 + math.floor(share * (total - 1)) for share in shares]
    found = np.searchsorted(seen, wanted) + lowest
    return [_middle(bucket) for bucket in found.tolist()]


def _middle(bucket: int) -> float:
    return 2 * _GAMMA**bucket / (_GAMMA + 1)


def _bucket(milliseconds: float) -> int:
    return math.ceil(math.log(max(milliseconds, SHORTEST_MS)) / LOG_GAMMA)
