"""Scores per model and item, the form in which every comparison takes them."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np

from apps.core.domain.moments import FloatArray, IntArray, group_columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# Squares of larger numbers would leave the range of a float.
LARGEST_SCORE = 1e100


@dataclass(frozen=True, slots=True)
class Score:
    """One scored answer; what could not be scored is left out, never a zero."""

    model: str
    item: str
    score: float
    cluster: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ScoreTable:
    """A matrix of scores, models x items, with the items in cluster order.

    `values` is NaN where a model has no score for an item; `starts` is the first
    column of each cluster, or None where every item stands alone. `unit_scale` says
    that scores lie within 0-1.
    """

    models: tuple[str, ...]
    items: tuple[str, ...]
    values: FloatArray
    starts: IntArray | None
    unit_scale: bool


def tabulate(scores: Iterable[Score], *, unit_scale: bool | None = None) -> ScoreTable:
    """Will arrange scores for `compare_models`; repeats of an item are averaged.

    Averaging repeats (epochs) per item leaves one number per item, so that n counts
    items and not answers (Miller 2024, arXiv 2411.00640, section 3). An item without
    a cluster is a cluster of its own; where every cluster has one item there are none.

    Args:
        scores: answers in any order, higher being better.
        unit_scale: whether scores can only lie within 0-1; None: judged by whether
            they all do.

    Raises:
        ValueError: a score is not finite or beyond 1e100, or an item has two clusters.
    """
    rows: dict[str, int] = {}
    columns: dict[str, int] = {}
    clusters: dict[str, str | None] = {}
    cells: list[tuple[int, int]] = []
    numbers: list[float] = []
    for entry in scores:
        _check(entry, clusters)
        row = rows.setdefault(entry.model, len(rows))
        cells.append((row, columns.setdefault(entry.item, len(columns))))
        numbers.append(entry.score)
    values = _average(cells, numbers, (len(rows), len(columns)))
    order, starts = _by_cluster(clusters)
    if unit_scale is None:
        unit_scale = all(0 <= number <= 1 for number in numbers)
    items = tuple(columns)
    return ScoreTable(
        models=tuple(rows),
        items=tuple(items[i] for i in order),
        values=values[:, order],
        starts=starts,
        unit_scale=unit_scale,
    )


def _check(entry: Score, clusters: dict[str, str | None]) -> None:
    if not isfinite(entry.score) or abs(entry.score) > LARGEST_SCORE:
        raise ValueError(f"score {entry.score} of {entry.model} on {entry.item}")
    if clusters.setdefault(entry.item, entry.cluster) != entry.cluster:
        known = clusters[entry.item]
        raise ValueError(f"{entry.item} is in clusters {known} and {entry.cluster}")


def _average(
    cells: list[tuple[int, int]], numbers: list[float], shape: tuple[int, int]
) -> FloatArray:
    sums, counts = np.zeros(shape), np.zeros(shape)
    where = tuple(np.array(cells, dtype=np.int64).reshape(-1, 2).T)
    np.add.at(sums, where, numbers)
    np.add.at(counts, where, 1.0)
    values = np.full(shape, np.nan)
    np.divide(sums, counts, out=values, where=counts > 0)
    return values


def _by_cluster(
    clusters: Mapping[str, str | None],
) -> tuple[IntArray, IntArray | None]:
    """Order the items by cluster; no starts where no cluster has a second item."""
    labels = [
        ("item", item) if cluster is None else ("cluster", cluster)
        for item, cluster in clusters.items()
    ]
    grouping = group_columns(labels)
    if len(grouping.starts) == len(labels):
        return np.arange(len(labels)), None
    return grouping.order, grouping.starts
