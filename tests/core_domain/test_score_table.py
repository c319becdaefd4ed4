from __future__ import annotations

import math

import numpy as np
import pytest

from apps.core.domain.score_table import Score, ScoreTable, tabulate


def cells(table: ScoreTable) -> dict[tuple[str, str], float]:
    return {
        (model, item): float(table.values[row, column])
        for row, model in enumerate(table.models)
        for column, item in enumerate(table.items)
    }


def test_repeats_of_an_item_are_averaged() -> None:
    table = tabulate([Score("a", "x", 1), Score("a", "x", 0), Score("a", "y", 1)])
    assert cells(table) == {("a", "x"): 0.5, ("a", "y"): 1.0}


def test_what_was_not_scored_is_missing_and_not_zero() -> None:
    table = tabulate([Score("a", "x", 1), Score("b", "y", 0)])
    assert np.isnan(table.values).tolist() == [[False, True], [True, False]]


def test_items_of_a_cluster_stand_together() -> None:
    scores = [Score("a", str(i), i, cluster="uv"[i % 2]) for i in range(6)]
    table = tabulate(scores)
    assert table.items == ("0", "2", "4", "1", "3", "5")
    assert table.values.tolist() == [[0, 2, 4, 1, 3, 5]]
    assert table.starts is not None
    assert table.starts.tolist() == [0, 3]


def test_an_item_without_a_cluster_is_a_cluster_of_its_own() -> None:
    table = tabulate(
        [Score("a", "x", 1, "u"), Score("a", "y", 1, "u"), Score("a", "u", 0)]
    )
    assert table.starts is not None
    assert table.starts.tolist() == [0, 2]


def test_clusters_of_one_item_are_no_clusters() -> None:
    table = tabulate([Score("a", "x", 1, "u"), Score("a", "y", 1, "v")])
    assert table.starts is None


@pytest.mark.parametrize(
    ("numbers", "expected"), [((0, 1), True), ((0.2, 0.9), True), ((0, 1.5), False)]
)
def test_the_unit_scale_is_seen_from_the_scores(
    numbers: tuple[float, ...],
    expected: bool,  # noqa: FBT001
) -> None:
    scores = [Score("a", str(i), number) for i, number in enumerate(numbers)]
    assert tabulate(scores).unit_scale is expected
    assert tabulate(scores, unit_scale=False).unit_scale is False


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, 1e101])
def test_a_score_that_is_no_number_is_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="of a on x"):
        tabulate([Score("a", "x", bad)])


def test_an_item_in_two_clusters_is_refused() -> None:
    with pytest.raises(ValueError, match="x is in clusters u and v"):
        tabulate([Score("a", "x", 1, "u"), Score("b", "x", 1, "v")])


def test_no_score_is_an_empty_table() -> None:
    table = tabulate([])
    assert (table.models, table.items, table.values.shape) == ((), (), (0, 0))
