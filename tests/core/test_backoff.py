from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.backoff import RetryPolicy, parse_retry_after

if TYPE_CHECKING:
    from collections.abc import Mapping

NOW = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)
POLICY = RetryPolicy(
    base_seconds=3, cap_seconds=60, max_retries=5, max_total_seconds=200
)


@pytest.mark.parametrize(
    ("retry", "expected"), [(0, 1.5), (1, 3.0), (2, 6.0), (3, 12.0), (4, 24.0)]
)
def test_half_a_draw_waits_half_of_a_bound_that_doubles(
    retry: int, expected: float
) -> None:
    assert POLICY.choose_pause(retry=retry, draw=0.5, spent_seconds=0) == expected


def test_the_bound_is_capped() -> None:
    policy = RetryPolicy(base_seconds=3, cap_seconds=10, max_retries=9)
    assert policy.choose_pause(retry=8, draw=0.5, spent_seconds=0) == 5.0


def test_patience_ends_by_number() -> None:
    assert POLICY.choose_pause(retry=5, draw=0.5, spent_seconds=0) is None


def test_patience_ends_by_total() -> None:
    assert POLICY.choose_pause(retry=1, draw=0.5, spent_seconds=197.0) == 3.0
    assert POLICY.choose_pause(retry=1, draw=0.5, spent_seconds=197.1) is None


def test_what_the_server_asks_is_the_least_and_jitter_comes_on_top() -> None:
    pause = POLICY.choose_pause(
        retry=0, draw=0.5, spent_seconds=0, retry_after_seconds=20
    )
    assert pause == 21.5


def test_a_server_that_asks_for_too_long_is_given_up_at_once() -> None:
    pause = POLICY.choose_pause(
        retry=0, draw=0.0, spent_seconds=0, retry_after_seconds=201
    )
    assert pause is None


@given(st.integers(0, 10_000), st.floats(0, 1, exclude_max=True))
def test_a_pause_is_never_negative_nor_above_the_cap(retry: int, draw: float) -> None:
    policy = RetryPolicy(max_retries=20_000, max_total_seconds=1e9)
    pause = policy.choose_pause(retry=retry, draw=draw, spent_seconds=0)
    assert pause is not None
    assert 0 <= pause <= policy.cap_seconds


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "12"}, 12.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "250", "retry-after": "12"}, 0.25),
        ({"retry-after-ms": "soon", "retry-after": "12"}, 12.0),
        ({"retry-after": "Fri, 20 Nov 2026 12:00:30 GMT"}, 30.0),
        (
            {
                "retry-after": "Fri, 20 Nov 2026 12:00:30 GMT",
                "date": "Fri, 20 Nov 2026 12:00:20 GMT",
            },
            10.0,
        ),
        ({"retry-after": "Fri, 20 Nov 2026 11:00:00 GMT"}, 0.0),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": ""}, None),
        ({}, None),
    ],
)
def test_every_form_of_retry_after_is_read(
    headers: Mapping[str, str], seconds: float | None
) -> None:
    assert parse_retry_after(headers, now=NOW) == seconds
