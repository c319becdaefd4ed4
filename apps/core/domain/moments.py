"""Means and standard errors of many rows at once: what every interval and test uses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
ObjectArray = NDArray[np.object_]

# Sums of rounded decimals leave a spread of about 1e-16 of the scores' size where
# there is none; dividing by it would make a t statistic of 1e15.
NO_SPREAD = 1e-12

# The fewest independent units that can show a spread.
MIN_UNITS = 2


@dataclass(frozen=True, slots=True, eq=False)
class Grouping:
    """Columns brought together by cluster: `order` sorts them, `starts` cuts them."""

    order: IntArray
    starts: IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """One entry per row.

    `units` counts what is taken as independent: clusters where given, else items.
    `mean` is NaN where n is 0. `standard_error` and its degrees of freedom `df` are
    NaN where there are fewer than two units; the error is exactly 0 where the units
    do not differ.
    """

    n: IntArray
    units: IntArray
    mean: FloatArray
    standard_error: FloatArray
    df: FloatArray


def cluster_codes(clusters: Sequence[Hashable]) -> IntArray:
    """Number the clusters in order of first appearance, and give each one's number."""
    names: dict[Hashable, int] = {}
    codes = [names.setdefault(one, len(names)) for one in clusters]
    return np.array(codes, dtype=np.int64)


def count_equal_clusters(codes: IntArray) -> float:
    """Will say for how many clusters of one size some count: (Σ m)² / Σ m² of sizes m.

    Kish 1965, Survey Sampling. A mean over members varies as that over so many clusters
    does, where all members of a cluster are alike; there has to be a member.
    """
    sizes = np.bincount(codes)
    return float(sizes.sum()) ** 2 / float((sizes**2).sum())


def group_columns(clusters: Sequence[Hashable]) -> Grouping:
    """Order the columns by cluster, clusters in order of first appearance."""
    codes = cluster_codes(clusters)
    order = np.argsort(codes, kind="stable")
    starts = np.searchsorted(codes[order], np.arange(len(set(codes.tolist()))))
    return Grouping(order.astype(np.int64), starts.astype(np.int64))


def cluster_means(
    values: Sequence[float] | FloatArray, clusters: Sequence[Hashable]
) -> FloatArray:
    """Average the values of each cluster, clusters in order of first appearance.

    Raises:
        ValueError: no value, or not one cluster per value.
    """
    if len(values) == 0 or len(values) != len(clusters):
        raise ValueError(f"{len(values)} values with {len(clusters)} clusters")
    grouping = group_columns(clusters)
    ordered = np.asarray(values, dtype=np.float64)[grouping.order]
    sizes = np.diff(np.append(grouping.starts, len(ordered)))
    return np.asarray(np.add.reduceat(ordered, grouping.starts) / sizes)


def row_moments(
    values: FloatArray,
    starts: IntArray | None = None,
    *,
    scale: FloatArray | None = None,
) -> Moments:
    """Will estimate each row's mean and the standard error of that mean.

    Without clusters s / sqrt(n) with n - 1 degrees of freedom. With clusters see
    `_clustered_variance`. Assumes that units are independent draws from one population
    of units; nothing about the dependence inside a cluster.

    Args:
        values: rows x columns; NaN where a row has no score.
        starts: first column of each cluster, for columns already in cluster order;
            None where every column is a unit.
        scale: size of the numbers that each row was computed from, against which a
            spread counts as rounding noise; by default the largest of `values`.
    """
    present = ~np.isnan(values)
    n = present.sum(axis=1, dtype=np.int64)
    filled = np.where(present, values, 0.0)
    mean = _divide(filled.sum(axis=1), n)
    residuals = np.where(present, values - mean[:, np.newaxis], 0.0)
    if starts is None:
        units, df = n, np.where(n < MIN_UNITS, np.nan, n - 1.0)
        variance = _divide((residuals**2).sum(axis=1), n * df)
    else:
        sizes = np.add.reduceat(present.astype(np.int64), starts, axis=1)
        units = (sizes > 0).sum(axis=1, dtype=np.int64)
        sums = np.add.reduceat(residuals, starts, axis=1)
        variance, df = _clustered_variance(sums, _divide(sizes, n[:, np.newaxis]))
        variance = _divide(variance, n.astype(np.float64) ** 2)
    error = np.sqrt(variance)
    size = np.abs(filled).max(initial=0.0) if scale is None else scale
    error[error <= NO_SPREAD * size] = 0.0
    return Moments(n, units, mean, error, df)


def _clustered_variance(
    sums: FloatArray, shares: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Estimate each row's variance of the total, and its degrees of freedom.

    The sum over clusters of the squared residual sum (Liang and Zeger 1986; Miller
    2024, arXiv 2411.00640, appendix A), each divided by 1 - h, h being the cluster's
    share of the items, with Satterthwaite's degrees of freedom for independent items:
    Bell and McCaffrey 2002, Survey Methodology 28:169-181, for a mean; recommended by
    Imbens and Kolesár 2016, Review of Economics and Statistics 98:701-712. For G
    clusters of one size that is the factor G / (G - 1) and G - 1 degrees of freedom;
    clusters of unequal size leave fewer, where G - 1 would make intervals too narrow.
    """
    shares = np.nan_to_num(shares)
    shares = np.where(shares.max(axis=1, keepdims=True) == 1, np.nan, shares)
    variance = (sums**2 / (1 - shares)).sum(axis=1)
    own = (shares**2).sum(axis=1)
    odds = shares**2 / (1 - shares)
    shared = odds.sum(axis=1) ** 2 - (odds**2).sum(axis=1)
    return variance, _divide(np.ones_like(own), own + shared)


def _divide(
    numerator: FloatArray | IntArray, denominator: FloatArray | IntArray
) -> FloatArray:
    """Divide where the denominator is positive; NaN elsewhere, without a warning."""
    quotient = np.full(numerator.shape, np.nan)
    np.divide(numerator, denominator, out=quotient, where=denominator > 0)
    return quotient
