"""The sliding window, in Python and in Redis: the same counts, never one too many."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from apps.accounts.domain.windows import Count, SlidingWindow
from apps.accounts.gateways.gate import Ask, Gate, Look
from apps.core.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Sequence

HOUR = 3600
START = 1_800_000_000.0
calls = st.lists(st.floats(0, 9, allow_nan=False), min_size=1, max_size=40)


@pytest.fixture(scope="module")
def gate() -> Gate:
    return Gate(settings.GATE_URL)


def look(gate: Gate, subject: str, *, limit: int, now: float) -> Look:
    return gate.look(Ask("", subject, limit=limit), now=now)


def times_of(steps: Sequence[float]) -> list[float]:
    times = [START]
    for step in steps:
        times.append(times[-1] + step)
    return times


@effort(max_examples=60, deadline=None)
@given(steps=calls, limit=st.integers(1, 6), seconds=st.integers(1, 12))
def test_no_stretch_of_the_window_holds_more_calls_than_the_limit(
    steps: list[float], limit: int, seconds: int
) -> None:
    window = SlidingWindow(seconds)
    times = times_of(steps)
    admitted = [now for now in times if window.admit(now, limit).admitted]
    for start in admitted:
        assert sum(start <= at < start + seconds for at in admitted) <= limit


@effort(max_examples=60, deadline=None)
@given(steps=calls, limit=st.integers(1, 6), seconds=st.integers(1, 12))
def test_redis_counts_as_the_process_does(
    steps: list[float], limit: int, seconds: int
) -> None:
    gate, window, subject = Gate(settings.GATE_URL), SlidingWindow(seconds), new_id()
    for now in times_of(steps):
        found = gate.look(Ask("", str(subject), "", seconds, limit), now=now)
        here = window.admit(round(now, 6), limit)
        assert Count(found.admitted, found.used, found.reset) == here


def test_the_window_says_when_its_oldest_calls_leave_it(gate: Gate) -> None:
    subject = str(new_id())
    assert look(gate, subject, limit=2, now=START + 0.25).reset == 3601
    second = look(gate, subject, limit=2, now=START + 10)
    assert (second.admitted, second.used, second.reset) == (True, 2, 3591)
    third = look(gate, subject, limit=2, now=START + 11)
    assert (third.admitted, third.used, third.reset) == (False, 2, 3590)
    later = look(gate, subject, limit=2, now=START + 11 + third.reset)
    assert (later.admitted, later.used) == (True, 2)


def test_a_clock_that_goes_back_lets_nobody_in_twice(gate: Gate) -> None:
    subject, window = str(new_id()), SlidingWindow(HOUR)
    for now in (START, START - 500, START - 5000):
        assert window.admit(now, 2) == Count(
            (found := look(gate, subject, limit=2, now=now)).admitted,
            found.used,
            found.reset,
        )
    assert window.admit(START + 1, 2).admitted is False


def test_a_second_that_a_clock_set_back_adds_to_is_kept_until_it_leaves(
    gate: Gate,
) -> None:
    subject = str(new_id())
    for now in (START, START - 500):
        look(gate, subject, limit=9, now=now)
    for key in (f"assay:gate:calls:{subject}", f"assay:gate:calls:{subject}:sum"):
        assert HOUR + 500 < gate._client.ttl(key) <= HOUR + 502


def test_one_hundred_threads_at_the_limit_are_admitted_exactly(gate: Gate) -> None:
    subject = str(new_id())

    def call(_: int) -> bool:
        return look(gate, subject, limit=100, now=START).admitted

    with ThreadPoolExecutor(100) as pool:
        admitted = list(pool.map(call, range(500)))
    assert sum(admitted) == 100
    assert look(gate, subject, limit=100, now=START).used == 100


def test_more_calls_than_redis_py_has_connections_may_wait_at_once(gate: Gate) -> None:
    ask = Ask("", str(new_id()), limit=1000)
    asked = [gate.ask(ask, now=START) for _ in range(150)]
    assert sorted(one.look().used for one in asked) == list(range(1, 151))


def test_a_window_keeps_no_more_than_its_seconds(gate: Gate) -> None:
    subject = str(new_id())
    for number in range(200):
        look(gate, subject, limit=10_000, now=START + number / 100)
    key = f"assay:gate:calls:{subject}"
    assert gate._client.lrange(key, 0, -1) == [
        str(int(START)),
        "100",
        str(int(START) + 1),
        "100",
    ]
    assert 0 < gate._client.ttl(key) <= HOUR + 2


def test_a_limit_that_was_lowered_holds_at_once(gate: Gate) -> None:
    subject = str(new_id())
    for _ in range(5):
        look(gate, subject, limit=10, now=START)
    found = look(gate, subject, limit=3, now=START)
    assert (found.admitted, found.used, found.limit) == (False, 5, 3)
