from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.domain.repeats import pass_at_k, pass_hat_k


@given(tries=st.lists(st.booleans(), min_size=1, max_size=9), k=st.integers(1, 9))
def test_both_are_shares_of_all_choices_of_k_tries(tries: list[bool], k: int) -> None:
    n, passed = len(tries), sum(tries)
    if k > n:
        assert pass_at_k(n, passed, k) is None
        assert pass_hat_k(n, passed, k) is None
        return
    choices = list(combinations(tries, k))
    at_least_one = sum(any(choice) for choice in choices) / len(choices)
    every_one = sum(all(choice) for choice in choices) / len(choices)
    assert pass_at_k(n, passed, k) == pytest.approx(at_least_one)
    assert pass_hat_k(n, passed, k) == pytest.approx(every_one)


@given(n=st.integers(1, 3000), data=st.data())
def test_one_try_is_the_pass_rate(n: int, data: st.DataObject) -> None:
    passed = data.draw(st.integers(0, n))
    assert pass_at_k(n, passed, 1) == pytest.approx(passed / n)
    assert pass_hat_k(n, passed, 1) == pytest.approx(passed / n)


def test_more_tries_than_were_made_are_undefined_and_not_certain() -> None:
    assert pass_at_k(4, 0, 5) is None
    assert pass_hat_k(4, 4, 5) is None


@pytest.mark.parametrize(("n", "passed", "k"), [(3, 4, 1), (3, -1, 1), (3, 1, 0)])
def test_impossible_counts_are_refused(n: int, passed: int, k: int) -> None:
    for estimate in (pass_at_k, pass_hat_k):
        with pytest.raises(ValueError, match="passed"):
            estimate(n, passed, k)
