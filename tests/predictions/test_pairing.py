from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import stats

from apps.predictions.domain.pairing import compare_rows, compare_two, make_board

if TYPE_CHECKING:
    from collections.abc import Hashable


def own_events(*rows: dict[Hashable, float]) -> dict[Hashable, str]:
    return {market: str(market) for row in rows for market in row}


def test_only_common_markets_are_compared() -> None:
    first: dict[Hashable, float] = {"a": 0.3, "b": 0.1, "c": 0.2, "x": -9.0}
    second: dict[Hashable, float] = {"a": 0.1, "b": 0.0, "c": -0.1, "y": 9.0}
    found = compare_two(make_board([first, second], own_events(first, second)))
    differences = [0.2, 0.1, 0.3]
    assert found.difference == pytest.approx(0.2)
    assert (found.markets, found.events, found.reason) == (3, 3, "")
    theirs = stats.ttest_1samp(differences, 0)
    assert found.p == pytest.approx(theirs.pvalue)
    low, high = theirs.confidence_interval(0.95)
    assert found.low == pytest.approx(low)
    assert found.high == pytest.approx(high)


def test_the_markets_of_an_event_make_one_number() -> None:
    first: dict[Hashable, float] = {"a1": 0.3, "a2": 0.1, "a3": 0.2, "b": 0.4, "c": 0.0}
    second: dict[Hashable, float] = dict.fromkeys(first, 0.0)
    events: dict[Hashable, str] = {one: str(one)[0] for one in first}
    found = compare_two(make_board([first, second], events))
    assert found.difference == pytest.approx((0.2 + 0.4 + 0.0) / 3)
    assert (found.markets, found.events) == (5, 3)
    assert found.p == pytest.approx(stats.ttest_1samp([0.2, 0.4, 0.0], 0).pvalue)


def test_the_markets_that_would_be_needed_are_found_by_their_spread() -> None:
    rng = np.random.default_rng(14)
    drawn = rng.normal(0.01, 0.1, 60)
    first: dict[Hashable, float] = dict(enumerate(drawn.tolist()))
    second: dict[Hashable, float] = dict.fromkeys(first, 0.0)
    events: dict[Hashable, str] = {one: str(int(str(one)) // 2) for one in first}
    found = compare_two(make_board([first, second], events))
    spread = float(np.std(drawn.reshape(-1, 2).mean(axis=1), ddof=1))
    assert found.difference is not None
    assert found.events_needed is not None
    normal = ((1.96 + 0.8416) * spread / found.difference) ** 2
    assert found.events_needed == pytest.approx(normal, rel=0.05, abs=4)
    assert found.markets_needed == 2 * found.events_needed


def test_without_common_markets_there_is_no_difference() -> None:
    first: dict[Hashable, float] = {"a": 0.3}
    second: dict[Hashable, float] = {"b": 0.3}
    found = compare_two(make_board([first, second], own_events(first, second)))
    assert (found.difference, found.p, found.low, found.markets_needed) == (None,) * 4
    assert (found.markets, found.events) == (0, 0)
    assert found.reason == "0 common events; two are the fewest"
    nothing = compare_two(make_board([{}, {}], {}))
    assert (nothing.difference, nothing.events) == (None, 0)


def test_one_common_event_shows_a_difference_and_no_more() -> None:
    first: dict[Hashable, float] = {"a": 0.3}
    second: dict[Hashable, float] = {"a": 0.1}
    found = compare_two(make_board([first, second], own_events(first)))
    assert found.difference == pytest.approx(0.2)
    assert (found.p, found.low, found.events_needed) == (None, None, None)
    assert found.reason == "1 common events; two are the fewest"


def test_many_pairs_at_once_are_what_each_is_alone() -> None:
    rng = np.random.default_rng(15)
    rows: list[dict[Hashable, float]] = [
        {m: float(rng.normal()) for m in range(30) if rng.uniform() < 0.7}
        for _ in range(5)
    ]
    events: dict[Hashable, str] = {m: str(m % 11) for m in range(30)}
    left, right = np.triu_indices(5, 1)
    found, markets = compare_rows(make_board(rows, events), left, right)
    for i, (a, b) in enumerate(zip(left, right, strict=True)):
        alone = compare_two(make_board([rows[a], rows[b]], events))
        assert alone.difference == pytest.approx(found.difference[i])
        assert alone.p == pytest.approx(found.p[i])
        assert (alone.markets, alone.events) == (markets[i], found.n[i])


def test_two_alike_are_told_apart_5_times_in_100() -> None:
    rng = np.random.default_rng(16)
    events: dict[Hashable, str] = {m: str(m // 4) for m in range(100)}
    shared = rng.normal(0, 0.1, size=(401, 25)).repeat(4, axis=1)
    values = shared + rng.normal(0, 0.05, size=(401, 100))
    rows: list[dict[Hashable, float]] = [dict(enumerate(v)) for v in values.tolist()]
    pairs = np.array(list(pairwise(range(401)))[::2])
    found, _ = compare_rows(make_board(rows, events), pairs[:, 0], pairs[:, 1])
    assert (found.p <= 0.05).mean() == pytest.approx(0.05, abs=0.04)
