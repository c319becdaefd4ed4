"""What k tries of one task are worth, from n tries of which c passed."""

from __future__ import annotations

from math import comb


def pass_at_k(n: int, passed: int, k: int) -> float | None:
    """Will give the probability that at least one of k tries passes.

    1 - C(n - c, k) / C(n, k), the unbiased estimate of Chen et al. 2021 (arXiv
    2107.03374, eq. 1). Assumes that tries are exchangeable. None where k > n: there
    the formula would say 1.0 of a model that never passed.

    Raises:
        ValueError: k is below 1, or `passed` is not between 0 and n.
    """
    _check(n, passed, k)
    return None if k > n else 1 - comb(n - passed, k) / comb(n, k)


def pass_hat_k(n: int, passed: int, k: int) -> float | None:
    """Will give the probability that all of k tries pass, written pass^k.

    C(c, k) / C(n, k), Yao et al. 2024 (τ-bench, arXiv 2406.12045, section 3). Assumes
    that tries are exchangeable. None where k > n.

    Raises:
        ValueError: k is below 1, or `passed` is not between 0 and n.
    """
    _check(n, passed, k)
    return None if k > n else comb(passed, k) / comb(n, k)


def _check(n: int, passed: int, k: int) -> None:
    if k < 1 or not 0 <= passed <= n:
        raise ValueError(f"{passed} of {n} passed, k = {k}")
