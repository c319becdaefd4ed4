from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.predictions.domain.movement import (
    DIRECTIONS,
    WINDOWS,
    Looks,
    Movements,
    PastPrices,
    Tracks,
    in_frame,
    measure,
)
from tests.predictions import movement_by_hand as by_hand
from tests.predictions.movement_by_hand import HOUR, One

if TYPE_CHECKING:
    from collections.abc import Sequence

NOW = 1_795_000_000.0
# The example of the first hour: 75 % against 60 %, and the price goes to 63 %.
FIRST = One(
    q=0.75,
    p0=0.60,
    p=0.63,
    predicted_at=NOW - HOUR,
    now=NOW,
    observed_at=NOW,
    previous=(0.60, NOW - HOUR),
    spread=0.01,
    tick=0.01,
)

prices = st.integers(0, 1000).map(lambda thousandths: thousandths / 1000)
times = st.integers(0, 10 * 24 * 3600).map(lambda seconds: NOW - seconds)
pairs = st.none() | st.tuples(prices, times)


def _ones(now: float = NOW) -> st.SearchStrategy[One]:
    return st.builds(
        One,
        q=prices,
        p0=prices,
        p=prices,
        predicted_at=times,
        now=st.just(now),
        observed_at=times,
        usable=st.booleans(),
        reached=st.booleans(),
        previous=pairs,
        spread=st.none() | st.sampled_from([0.0, 0.01, 0.03, 0.1]),
        tick=st.none() | st.sampled_from([0.001, 0.01]),
        then=pairs,
    )


def _floats(values: Sequence[float | None]) -> Any:
    return np.array([math.nan if v is None else v for v in values], dtype=np.float64)


def _measure(ones: Sequence[One]) -> Movements:
    previous = [one.previous or (math.nan, math.nan) for one in ones]
    then = [one.then or (math.nan, math.nan) for one in ones]
    past = PastPrices(_floats([p for p, _ in then]), _floats([at for _, at in then]))
    return measure(
        Tracks(
            _floats([one.q for one in ones]),
            _floats([one.p0 for one in ones]),
            _floats([one.predicted_at for one in ones]),
            _floats([price for price, _ in previous]),
            _floats([at for _, at in previous]),
            np.array([one.reached for one in ones], dtype=np.bool_),
        ),
        Looks(
            _floats([one.p for one in ones]),
            _floats([one.spread for one in ones]),
            _floats([one.tick for one in ones]),
            _floats([one.observed_at for one in ones]),
            np.array([one.usable for one in ones], dtype=np.bool_),
        ),
        ones[0].now,
        dict.fromkeys(WINDOWS, past),
    )


def _direction(one: One) -> str:
    return DIRECTIONS[int(_measure([one]).direction[0])]


def _assert_same(found: Any, expected: Sequence[float | None]) -> None:
    np.testing.assert_allclose(found, _floats(expected), rtol=0, atol=1e-9)


@settings(deadline=None)
@given(st.lists(_ones(), min_size=1, max_size=50))
def test_many_at_once_give_what_each_gives_alone(ones: list[One]) -> None:
    found = _measure(ones)
    _assert_same(found.abs_delta, [abs(one.q - one.p) for one in ones])
    _assert_same(found.cumulative_convergence, [*map(by_hand.cumulative, ones)])
    percentages = [*map(by_hand.percentage, ones)]
    np.testing.assert_allclose(found.convergence_percentage, _floats(percentages))
    _assert_same(found.convergence_rate, [*map(by_hand.rate, ones)])
    _assert_same(found.interim_skill, [*map(by_hand.skill, ones)])
    for name, hours in WINDOWS.items():
        expected = [by_hand.window(one, hours) for one in ones]
        _assert_same(found.windows[name], expected)
    words = [DIRECTIONS[code] for code in found.direction]
    assert words == [*map(by_hand.direction, ones)]
    first = [by_hand.crosses(one) and not one.reached for one in ones]
    assert found.reached_now.tolist() == first
    hours_gone = [(NOW - one.predicted_at) / HOUR for one in ones]
    _assert_same(found.hours_since_prediction, hours_gone)


@settings(deadline=None)
@given(_ones())
def test_interim_skill_is_what_the_brier_score_gains_where_the_price_is_an_end(
    one: One,
) -> None:
    for outcome in (0.0, 1.0):
        ended = replace(one, p=outcome)
        gain = (one.p0 - outcome) ** 2 - (one.q - outcome) ** 2
        assert _measure([ended]).interim_skill[0] == gain


@settings(deadline=None)
@given(_ones(), prices)
def test_a_copy_of_the_price_has_no_skill_and_never_converges(
    one: One, price: float
) -> None:
    copied = _measure([replace(one, q=price, p0=price, usable=True)])
    assert copied.interim_skill[0] == 0
    assert DIRECTIONS[copied.direction[0]] == "AGREES"
    assert math.isnan(copied.convergence_percentage[0])
    assert math.isnan(copied.convergence_rate[0])


def test_the_first_hour_of_the_example_is_measured_as_it_is_told() -> None:
    found = _measure([FIRST])
    assert found.abs_delta[0] == pytest.approx(0.12)
    assert found.cumulative_convergence[0] == pytest.approx(0.03)
    assert found.convergence_percentage[0] == pytest.approx(20)
    assert found.convergence_rate[0] == pytest.approx(0.03)
    assert found.interim_skill[0] == pytest.approx(0.03**2 - 0.12**2)
    assert found.hours_since_prediction[0] == 1
    assert _direction(FIRST) == "CONVERGING"


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"p": 0.61}, "CONVERGING"),  # one tick, which binary fractions make smaller
        ({"p": 0.59}, "DIVERGING"),
        ({"p": 0.609}, "STABLE"),
        ({"p": 0.60}, "STABLE"),
        ({"p": 0.62, "spread": 0.05}, "STABLE"),  # half the spread is more
        ({"p": 0.605, "tick": 0.001, "spread": None}, "CONVERGING"),
        ({"p": 0.604, "tick": 0.001, "spread": None}, "STABLE"),
        ({"p": 0.75}, "REACHED"),
        ({"p": 0.80}, "REACHED"),
        ({"p": 0.60, "reached": True}, "REACHED"),
        ({"q": 0.61, "p": 0.63}, "AGREES"),
        ({"q": 0.62, "p": 0.61}, "CONVERGING"),  # two points apart is apart
        ({"usable": False}, ""),
        ({"usable": False, "p": 0.80}, ""),
        ({"previous": None}, ""),
    ],
)
def test_a_look_has_the_direction_that_its_move_deserves(
    changes: dict[str, Any], word: str
) -> None:
    assert _direction(replace(FIRST, **changes)) == word


@pytest.mark.parametrize(
    ("previous", "observed_at", "rate"),
    [
        ((0.60, NOW - 3 * HOUR), NOW, 0.01),  # two hours were missed
        ((0.60, NOW - 1.5 * HOUR), NOW - HOUR, 0.06),
        ((0.60, NOW - 359), NOW, None),
        ((0.60, NOW), NOW, None),
        ((0.60, NOW + 60), NOW, None),
        (None, NOW, None),
    ],
)
def test_a_rate_counts_the_hours_that_went_by(
    previous: tuple[float, float] | None, observed_at: float, rate: float | None
) -> None:
    one = replace(FIRST, previous=previous, observed_at=observed_at)
    found = _measure([one]).convergence_rate[0]
    assert math.isnan(found) if rate is None else found == pytest.approx(rate)


@pytest.mark.parametrize(
    ("seconds_ago", "fits"),
    [
        (3600, True),
        (3541, True),  # the job before began some seconds later in its hour
        (3539, False),
        (3960, True),
        (3961, False),
    ],
)
def test_a_window_opens_with_a_price_of_about_its_beginning(
    seconds_ago: int, *, fits: bool
) -> None:
    one = replace(FIRST, predicted_at=NOW - 9 * HOUR, then=(0.58, NOW - seconds_ago))
    found = _measure([one])
    assert found.windows["1h"][0] == pytest.approx(
        0.05 if fits else math.nan, nan_ok=True
    )
    assert math.isnan(found.windows["6h"][0])


def test_no_window_reaches_back_before_the_prediction() -> None:
    one = replace(FIRST, predicted_at=NOW - 3599, then=(0.58, NOW - 3600))
    assert math.isnan(_measure([one]).windows["1h"][0])


def test_only_a_newer_price_that_no_flag_speaks_against_becomes_the_valid_one() -> None:
    ones = [
        FIRST,
        replace(FIRST, usable=False),
        replace(FIRST, previous=(0.6, NOW)),
        replace(FIRST, previous=None),
    ]
    assert _measure(ones).moves_valid.tolist() == [True, False, False, True]


def test_prices_of_the_second_outcome_are_what_the_first_leaves() -> None:
    outcome = np.array([0, 1], dtype=np.int8)
    assert in_frame(_floats([0.3, 0.3]), outcome).tolist() == [0.3, 0.7]
