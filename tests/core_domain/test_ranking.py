from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from apps.core.domain.intervals import Interval
from apps.core.domain.ranking import (
    RankRange,
    interval_rank_ranges,
    paired_rank_ranges,
)

intervals = st.lists(
    st.none()
    | st.tuples(st.floats(0, 1), st.floats(0, 1)).map(
        lambda p: Interval(min(p), max(p))
    ),
    min_size=1,
    max_size=12,
).map(lambda found: {str(i): interval for i, interval in enumerate(found)})


def test_models_that_no_test_tells_apart_share_all_ranks() -> None:
    ranges = paired_rank_ranges(["a", "b", "c"], [])
    assert ranges == dict.fromkeys("abc", RankRange(1, 3))


def test_a_tie_need_not_be_transitive() -> None:
    ranges = paired_rank_ranges(["a", "b", "c"], [("a", "c")])
    assert ranges == {
        "a": RankRange(1, 2),
        "b": RankRange(1, 3),
        "c": RankRange(2, 3),
    }


@given(n=st.integers(1, 10), data=st.data())
def test_the_true_rank_lies_inside_when_no_winner_is_wrong(
    n: int, data: st.DataObject
) -> None:
    truth = data.draw(st.lists(st.integers(0, 5), min_size=n, max_size=n))
    names = [str(i) for i in range(n)]
    right = [(i, j) for i in range(n) for j in range(n) if truth[i] > truth[j]]
    chosen = data.draw(st.sets(st.sampled_from(right))) if right else set()
    ranges = paired_rank_ranges(names, [(str(i), str(j)) for i, j in chosen])
    for i in range(n):
        best_rank = 1 + sum(other > truth[i] for other in truth)
        assert ranges[str(i)].low <= best_rank <= ranges[str(i)].high


def test_lmarena_counts_the_lower_bounds_above_the_upper_bound() -> None:
    ranges = interval_rank_ranges(
        {
            "a": Interval(0.80, 0.90),
            "b": Interval(0.70, 0.85),
            "c": Interval(0.60, 0.75),
            "d": Interval(0.10, 0.20),
        }
    )
    assert ranges["a"] == RankRange(1, 2)
    assert ranges["b"] == RankRange(1, 3)
    assert ranges["c"] == RankRange(2, 3)
    assert ranges["d"] == RankRange(4, 4)


def test_touching_intervals_are_not_told_apart() -> None:
    ranges = interval_rank_ranges({"a": Interval(0.5, 0.6), "b": Interval(0.4, 0.5)})
    assert ranges == dict.fromkeys("ab", RankRange(1, 2))


def test_a_model_without_an_interval_is_told_apart_from_none() -> None:
    ranges = interval_rank_ranges({"a": None, "b": Interval(0.1, 0.2)})
    assert ranges == dict.fromkeys("ab", RankRange(1, 2))


@given(found=intervals)
def test_ranks_by_intervals_are_within_1_and_n(
    found: dict[str, Interval | None],
) -> None:
    for ranks in interval_rank_ranges(found).values():
        assert 1 <= ranks.low <= ranks.high <= len(found)
