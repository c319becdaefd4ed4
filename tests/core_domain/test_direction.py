from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from apps.core.domain.direction import directional_accuracy


def test_a_forecast_is_right_where_the_price_came_nearer() -> None:
    q = np.array([0.75, 0.75, 0.45, 0.65])
    p0, p = np.full(4, 0.6), np.array([0.68, 0.55, 0.6, 0.9])
    found = directional_accuracy(q, p0, p, ["a", "b", "c", "d"])
    assert found is not None
    # right, wrong (its mirror image is right), at rest, and passed by.
    assert found.accuracy == 0.25
    assert found.null == pytest.approx((0.25 + 0.25) / 2)
    assert found.excess == 0.0
    assert (found.n, found.units, found.p) == (4, 4, 1.0)


def test_a_price_that_rests_says_nothing() -> None:
    q, p0 = np.array([0.75, 0.3]), np.array([0.6, 0.6])
    found = directional_accuracy(q, p0, p0, ["a", "b"])
    assert found is not None
    assert (found.accuracy, found.null, found.excess, found.p) == (0.0, 0.0, 0.0, None)


def test_decimals_that_floats_cannot_hold_are_no_movement() -> None:
    found = directional_accuracy(
        np.array([0.7]), np.array([0.1 + 0.2]), np.array([0.3]), ["a"]
    )
    assert found is not None
    assert found.accuracy == 0.0


def test_the_p_value_is_that_of_fair_signs() -> None:
    events, right = 40, 30
    q = np.full(events, 0.8)
    p = np.where(np.arange(events) < right, 0.6, 0.4)
    found = directional_accuracy(q, np.full(events, 0.5), p, range(events))
    exact = stats.binomtest(right, events).pvalue
    assert found is not None
    assert (found.accuracy, found.null, found.excess) == (0.75, 0.5, 0.25)
    assert found.p == pytest.approx(exact, abs=1e-3)


def test_forecasts_of_one_event_are_one_piece_of_evidence() -> None:
    q, p = np.full(40, 0.8), np.full(40, 0.6)
    found = directional_accuracy(q, np.full(40, 0.5), p, ["same"] * 40)
    assert found is not None
    assert (found.n, found.units, found.p) == (40, 1, 1.0)


@pytest.mark.parametrize("events", [30, 600])
def test_whoever_knows_nothing_is_called_out_5_times_in_100(events: int) -> None:
    rng = np.random.default_rng(events)
    alarms = []
    for _ in range(300):
        p0 = rng.uniform(0.3, 0.7, events)
        q = p0 + rng.normal(0, 0.1, events)
        p = p0 + rng.choice([-0.02, 0.0, 0.0, 0.02], events)
        found = directional_accuracy(q, p0, p, range(events))
        assert found is not None
        assert found.p is not None
        alarms.append(found.p <= 0.05)
    assert np.mean(alarms) == pytest.approx(0.045, abs=0.03)


def test_half_is_not_the_rate_of_whoever_knows_nothing() -> None:
    rng = np.random.default_rng(12)
    p0 = np.full(4000, 0.5)
    near = p0 + rng.choice([-0.01, 0.01], 4000)
    p = p0 + rng.normal(0, 0.1, 4000)
    found = directional_accuracy(near, p0, p, range(4000))
    assert found is not None
    assert found.p is not None
    assert found.accuracy < 0.1
    assert found.null == pytest.approx(found.accuracy, abs=0.01)
    assert found.p > 0.05


def test_nothing_has_no_direction() -> None:
    none = np.array([])
    assert directional_accuracy(none, none, none, []) is None
