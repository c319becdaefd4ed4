from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from apps.catalog.domain.concurrency import AdaptiveLimit, LimitPolicy

NOW = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def run_round(limit: AdaptiveLimit, *, second: float = 0, pressed: bool = True) -> None:
    size = limit.value
    for _ in range(size):
        in_flight = size if pressed else size - 1
        limit.record_success(now=at(second), in_flight=in_flight)


def test_a_clean_round_doubles_the_limit_at_first() -> None:
    limit = AdaptiveLimit(LimitPolicy())
    run_round(limit)
    run_round(limit)
    assert limit.value == 80
    assert [(c.old, c.new) for c in limit.changes] == [(20, 40), (40, 80)]


def test_one_answer_less_than_a_round_changes_nothing() -> None:
    limit = AdaptiveLimit(LimitPolicy())
    for _ in range(19):
        limit.record_success(now=NOW, in_flight=20)
    assert limit.value == 20
    assert limit.changes == []


def test_the_limit_stops_at_its_maximum() -> None:
    limit = AdaptiveLimit(LimitPolicy())
    for _ in range(5):
        run_round(limit)
    assert limit.value == 100
    assert [c.new for c in limit.changes] == [40, 80, 100]


def test_a_limit_that_nothing_pressed_against_does_not_grow() -> None:
    limit = AdaptiveLimit(LimitPolicy())
    run_round(limit, pressed=False)
    assert limit.value == 20


def test_a_rate_limit_cuts_once_and_says_why() -> None:
    limit = AdaptiveLimit(LimitPolicy())
    for _ in range(20):
        limit.record_rate_limit(now=NOW)
    assert limit.value == 16
    (change,) = limit.changes
    assert (change.at, change.old, change.new) == (NOW, 20, 16)
    assert change.reason == "rate limited: cut once for this episode"


def test_after_fifteen_seconds_a_rate_limit_is_a_new_episode() -> None:
    limit = AdaptiveLimit(LimitPolicy())
    limit.record_rate_limit(now=at(0))
    limit.record_rate_limit(now=at(14.9))
    assert limit.value == 16
    limit.record_rate_limit(now=at(15))
    assert limit.value == 12


def test_what_the_server_asks_for_prolongs_the_episode() -> None:
    limit = AdaptiveLimit(LimitPolicy())
    limit.record_rate_limit(now=at(0), retry_after_seconds=30)
    limit.record_rate_limit(now=at(29), retry_after_seconds=10)
    limit.record_rate_limit(now=at(38.9))
    assert limit.value == 16
    limit.record_rate_limit(now=at(39))
    assert limit.value == 12


def test_the_limit_is_never_cut_below_its_minimum() -> None:
    limit = AdaptiveLimit(LimitPolicy(start=2))
    for episode in range(5):
        limit.record_rate_limit(now=at(100 * episode))
    assert limit.value == 1
    assert [c.new for c in limit.changes] == [1]


def test_after_a_cut_a_clean_round_adds_a_twentieth() -> None:
    limit = AdaptiveLimit(LimitPolicy(start=100, maximum=200))
    limit.record_rate_limit(now=at(0))
    run_round(limit, second=60)
    assert limit.value == 84


def test_after_a_cut_a_small_limit_grows_by_one() -> None:
    limit = AdaptiveLimit(LimitPolicy(start=5))
    limit.record_rate_limit(now=at(0))
    run_round(limit, second=60)
    assert limit.value == 5


def test_answers_during_an_episode_and_after_retries_are_neutral() -> None:
    limit = AdaptiveLimit(LimitPolicy())
    limit.record_rate_limit(now=at(0))
    run_round(limit, second=14)
    for _ in range(100):
        limit.record_success(now=at(60), in_flight=16, was_retried=True)
    assert limit.value == 16


def test_a_failing_server_pauses_growth_and_never_cuts() -> None:
    limit = AdaptiveLimit(LimitPolicy())
    for _ in range(19):
        limit.record_success(now=NOW, in_flight=20)
    limit.record_trouble()
    limit.record_success(now=NOW, in_flight=20)
    assert limit.value == 20
    for _ in range(19):
        limit.record_success(now=NOW, in_flight=20)
    assert limit.value == 40


def test_a_fixed_limit_never_moves() -> None:
    limit = AdaptiveLimit(LimitPolicy.fixed(2))
    run_round(limit)
    limit.record_rate_limit(now=at(1))
    run_round(limit, second=60)
    assert limit.value == 2
    assert limit.changes == []


@given(st.lists(st.tuples(st.sampled_from("srt"), st.floats(0, 30)), max_size=300))
def test_whatever_happens_the_limit_keeps_within_its_bounds(
    events: list[tuple[str, float]],
) -> None:
    limit, second = AdaptiveLimit(LimitPolicy(start=4, maximum=16)), 0.0
    for kind, step in events:
        second += step
        if kind == "s":
            limit.record_success(now=at(second), in_flight=limit.value)
        elif kind == "r":
            limit.record_rate_limit(now=at(second))
        else:
            limit.record_trouble()
        assert 1 <= limit.value <= 16
    values = [4, *(change.new for change in limit.changes)]
    assert [change.old for change in limit.changes] == values[:-1]
    assert limit.value == values[-1]
