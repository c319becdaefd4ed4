from __future__ import annotations

from decimal import Decimal

import pytest

from apps.catalog.domain.costs import compute_cost


def test_a_cost_is_exact() -> None:
    cost = compute_cost(
        input_tokens=1234,
        output_tokens=567,
        input_price=Decimal("0.15"),
        output_price=Decimal("0.60"),
    )
    assert cost == Decimal("0.0005253")


@pytest.mark.parametrize("missing", ["input_tokens", "output_tokens"])
def test_uncounted_tokens_make_the_cost_unknown(missing: str) -> None:
    tokens: dict[str, int | None] = {"input_tokens": 1, "output_tokens": 1}
    tokens[missing] = None
    price = Decimal(1)
    assert compute_cost(**tokens, input_price=price, output_price=price) is None


@pytest.mark.parametrize("missing", ["input_price", "output_price"])
def test_an_unknown_price_makes_the_cost_unknown(missing: str) -> None:
    prices: dict[str, Decimal | None] = {
        "input_price": Decimal(0),
        "output_price": Decimal(0),
    }
    prices[missing] = None
    assert compute_cost(input_tokens=1, output_tokens=1, **prices) is None


def test_what_is_free_costs_nothing_even_uncounted() -> None:
    cost = compute_cost(
        input_tokens=None,
        output_tokens=None,
        input_price=Decimal(0),
        output_price=Decimal(0),
    )
    assert cost == 0
