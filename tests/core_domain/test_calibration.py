from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.domain.calibration import (
    bin_of,
    calibration_error,
    decompose_brier,
    reliability_bins,
)
from apps.core.domain.intervals import wilson_interval

forecasts = st.lists(
    st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60
).map(lambda rows: np.array(rows, dtype=np.float64).T)


@pytest.mark.parametrize("bins", [5, 10, 20, 100])
def test_an_edge_belongs_to_the_bin_that_it_begins(bins: int) -> None:
    edges = np.array([k / bins for k in range(bins)])
    assert bin_of(edges, bins).tolist() == list(range(bins))
    mirrored = np.array([1 - (bins - k) / bins for k in range(bins)])
    assert bin_of(mirrored, bins).tolist() == list(range(bins))
    assert bin_of(edges[1:] - 1e-8, bins).tolist() == list(range(bins - 1))
    assert bin_of(np.array([1.0]), bins).tolist() == [bins - 1]


@pytest.mark.parametrize("bad", [-0.1, 1.1, float("nan")])
def test_what_is_no_probability_is_in_no_bin(bad: float) -> None:
    with pytest.raises(ValueError, match="not within 0-1"):
        bin_of(np.array([0.5, bad]))


def test_a_bin_says_what_was_said_and_what_came() -> None:
    q = np.array([0.3, 0.34, 0.38, 1.0])
    bins = reliability_bins(q, np.array([1.0, 0.0, 0.0, 1.0]))
    assert [one.n for one in bins] == [0, 0, 0, 3, 0, 0, 0, 0, 0, 1]
    third = bins[3]
    assert (third.low, third.high) == (0.3, 0.4)
    assert third.mean == pytest.approx(0.34)
    assert third.share == pytest.approx(1 / 3)
    assert third.interval == wilson_interval(1, 3)
    assert (bins[0].mean, bins[0].share, bins[0].interval) == (None, None, None)


def test_a_band_counts_an_event_once() -> None:
    q, y = np.full(6, 0.5), np.array([1.0, 1.0, 1.0, 0.0, 0.0, 0.0])
    found = reliability_bins(q, y, ["a", "a", "a", "b", "b", "b"])[5]
    assert (found.n, found.units) == (6, 2)
    assert found.interval == wilson_interval(1.0, 2)
    uneven = reliability_bins(q, y, ["a", "a", "a", "a", "b", "c"])[5]
    assert (uneven.n, uneven.units) == (6, 3)
    assert uneven.interval == wilson_interval(0.5 * 2, 2)  # 6² / (4² + 1² + 1²)


def test_the_decomposition_of_a_table_worked_by_hand() -> None:
    # 4 forecasts of 0.2 of which 1 came, 6 of 0.8 of which 3 came.
    q = np.array([0.2] * 4 + [0.8] * 6)
    y = np.array([1.0, 0, 0, 0, 1, 1, 1, 0, 0, 0])
    found = decompose_brier(q, y)
    assert found is not None
    assert found.base_rate == pytest.approx(0.4)
    assert found.reliability == pytest.approx(0.4 * 0.05**2 + 0.6 * 0.3**2)
    assert found.resolution == pytest.approx(0.4 * 0.15**2 + 0.6 * 0.1**2)
    assert found.uncertainty == pytest.approx(0.24)
    assert found.within_bins == pytest.approx(0.0, abs=1e-12)
    assert found.brier == pytest.approx(0.055 - 0.015 + 0.24)


@given(rows=forecasts)
def test_the_parts_add_up_to_the_brier_score(rows: np.ndarray) -> None:
    found = decompose_brier(rows[0], rows[1])
    assert found is not None
    total = found.reliability - found.resolution + found.uncertainty + found.within_bins
    assert total == pytest.approx(((rows[0] - rows[1]) ** 2).mean(), abs=1e-12)
    assert min(found.reliability, found.resolution, found.uncertainty) >= -1e-12


@given(rows=forecasts)
def test_the_fourth_part_is_variance_less_covariance_inside_bins(
    rows: np.ndarray,
) -> None:
    found, which, expected = decompose_brier(*rows), bin_of(rows[0]), 0.0
    for k in set(which.tolist()):
        q, y = rows[0][which == k], rows[1][which == k]
        spread = (q - q.mean()) ** 2 - 2 * (q - q.mean()) * (y - y.mean())
        expected += float(spread.sum())
    assert found is not None
    assert found.within_bins == pytest.approx(expected / rows.shape[1], abs=1e-12)


def test_the_calibration_error_of_a_table_worked_by_hand() -> None:
    q = np.array([0.2] * 4 + [0.8] * 6)
    y = np.array([1.0, 0, 0, 0, 1, 1, 1, 0, 0, 0])
    found = calibration_error(q, y)
    assert found is not None
    assert found.ece == pytest.approx(0.4 * 0.05 + 0.6 * 0.3)
    assert found.n == 10


def test_what_chance_makes_of_the_calibration_error_is_foretold() -> None:
    rng = np.random.default_rng(6)
    q = rng.uniform(0, 1, 300)
    drawn, foretold = [], 0.0
    for _ in range(500):
        y = (rng.uniform(size=q.size) < q).astype(np.float64)
        found = calibration_error(q, y)
        assert found is not None
        drawn.append(found.ece)
        foretold = found.if_calibrated
    assert foretold == pytest.approx(np.mean(drawn), rel=0.03)


def test_the_bands_of_a_true_forecaster_hold_95_times_in_100() -> None:
    rng = np.random.default_rng(7)
    held = []
    for _ in range(300):
        q = rng.choice([0.15, 0.35, 0.65, 0.85], 200)
        y = (rng.uniform(size=q.size) < q).astype(np.float64)
        held += [
            one.interval.low <= one.mean <= one.interval.high
            for one in reliability_bins(q, y)
            if one.interval is not None and one.mean is not None
        ]
    assert np.mean(held) == pytest.approx(0.95, abs=0.02)


def test_nothing_has_no_calibration() -> None:
    none = np.array([])
    assert decompose_brier(none, none) is None
    assert calibration_error(none, none) is None
    assert [one.n for one in reliability_bins(none, none)] == [0] * 10
