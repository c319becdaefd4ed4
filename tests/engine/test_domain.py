from __future__ import annotations

import json
import math
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.benchmarks.domain.estimates import (
    DEFAULT_OUTPUT_TOKENS,
    History,
    Prices,
    estimate_cost,
)
from apps.benchmarks.domain.latency import (
    RELATIVE_ERROR,
    bucket_latencies,
    histogram_quantiles,
    latency_quantile,
    merge_latencies,
    read_histogram,
)
from apps.benchmarks.domain.outcomes import FAILED_OUTRIGHT, GRADED, UNSCORED
from apps.benchmarks.domain.periods import first_day_of
from apps.benchmarks.domain.samples import derive_seed, hash_prompt
from apps.benchmarks.domain.storable import storable_json, storable_line
from apps.catalog.domain.completions import Outcome
from apps.core.errors import InvalidInputError

DURATIONS = st.lists(st.floats(0.001, 1e7), min_size=1, max_size=200)


@given(DURATIONS, st.floats(0, 1))
def test_a_latency_quantile_is_within_its_stated_error(
    durations: list[float], share: float
) -> None:
    exact = sorted(durations)[math.floor(share * (len(durations) - 1))]
    found = latency_quantile(bucket_latencies(durations), share)
    assert found is not None
    assert abs(found - exact) <= RELATIVE_ERROR * exact * (1 + 1e-9)


@given(DURATIONS, st.integers(0, 200))
def test_latencies_merge_as_if_counted_together(
    durations: list[float], cut: int
) -> None:
    parts = [bucket_latencies(durations[:cut]), bucket_latencies(durations[cut:])]
    assert merge_latencies(parts) == bucket_latencies(durations)


@given(st.lists(DURATIONS, max_size=5), st.floats(0, 1))
def test_quantiles_over_many_days_are_those_of_the_days_merged(
    days: list[list[float]], share: float
) -> None:
    histograms = [bucket_latencies(durations) for durations in days]
    expected = latency_quantile(merge_latencies(histograms), share)
    arrays = [read_histogram(one) for one in histograms]
    assert histogram_quantiles(arrays, (share, 0.5))[0] == expected


def test_no_latency_has_no_quantile() -> None:
    assert latency_quantile({}, 0.5) is None
    assert histogram_quantiles([read_histogram({})], (0.5, 0.95)) == [None, None]


def test_a_quantile_beyond_all_is_refused() -> None:
    with pytest.raises(ValueError, match="share"):
        histogram_quantiles([], (0.5, 1.5))


def test_epochs_have_seeds_of_their_own_that_fit_every_provider() -> None:
    seeds = [derive_seed(7, epoch) for epoch in range(1, 1001)]
    assert len(set(seeds)) == 1000
    assert all(0 <= seed < 2**31 for seed in seeds)
    assert seeds[0] == derive_seed(7, 1)
    assert seeds[0] != derive_seed(8, 1)


@pytest.mark.parametrize(
    "change",
    [{"system": "s"}, {"prompt": "b"}, {"sampling": {"t": 1}}, {"schema": {}}],
)
def test_a_prompt_hash_tells_apart_whatever_was_sent(change: dict[str, Any]) -> None:
    sent: dict[str, Any] = {
        "system": "",
        "prompt": "a\ud800",
        "sampling": {"t": 0},
        "schema": None,
    }
    assert len(hash_prompt(**sent)) == 64
    assert hash_prompt(**sent) == hash_prompt(**sent)
    assert hash_prompt(**(sent | change)) != hash_prompt(**sent)


def test_an_estimate_without_history_uses_the_stated_default() -> None:
    estimate = estimate_cost(
        ["x" * 400, "y" * 4],
        epochs=2,
        prices=Prices(Decimal(1), Decimal(2)),
        history=History(results=19, output_tokens=9.0),
    )
    assert estimate.samples == 4
    assert estimate.input_tokens == 2 * (100 + 12 + 1 + 12)
    assert (estimate.output_tokens, estimate.basis) == (
        4 * DEFAULT_OUTPUT_TOKENS,
        "default",
    )
    assert estimate.cost == Decimal(250 + 2 * 1200) / 1_000_000


def test_an_estimate_follows_history_and_the_longest_answer_allowed() -> None:
    arguments = {"epochs": 1, "prices": Prices(None, Decimal(1))}
    history = History(results=20, output_tokens=50.4)
    free = estimate_cost(["x"], history=history, **arguments)  # type: ignore[arg-type]
    assert (free.output_tokens, free.basis, free.cost) == (51, "history", None)
    bound = estimate_cost(
        ["x"],
        history=history,
        max_output_tokens=10,
        **arguments,  # type: ignore[arg-type]
    )
    assert bound.output_tokens == 10


def test_every_outcome_is_graded_failed_or_unscored() -> None:
    assert GRADED | FAILED_OUTRIGHT.keys() | UNSCORED == set(Outcome)
    assert Outcome.UPSTREAM_FAILED in UNSCORED
    assert Outcome.REFUSAL in FAILED_OUTRIGHT


def test_a_period_covers_its_hours_at_any_time_of_day() -> None:
    early = datetime(2026, 3, 4, 0, 1, tzinfo=UTC)
    assert first_day_of("1d", early) == date(2026, 3, 3)
    assert first_day_of("90d", early) == date(2025, 12, 4)
    with pytest.raises(InvalidInputError, match="1d, 7d, 30d, 90d"):
        first_day_of("2d", early)


def test_foreign_data_is_made_storable() -> None:
    value = {"a\x00": [1, math.nan, "\ud800", (True, None)], 2: {3}}
    stored = storable_json(value)
    assert json.loads(json.dumps(stored, allow_nan=False)) == stored
    assert stored == {
        "\\u!a\\u0000": [1, "nan", "\\u!\\ud800", [True, None]],
        "2": "{3}",
    }


def test_a_foreign_line_is_one_line_and_short() -> None:
    assert storable_line("a\nb\t c") == "a b c"
    assert len(storable_line("\x00" * 5000)) == 1000
