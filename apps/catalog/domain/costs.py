"""Money: exact decimals, and unknown is never zero."""

from __future__ import annotations

from decimal import Decimal

_PER_MILLION = Decimal(1_000_000)


def compute_cost(
    *,
    input_tokens: int | None,
    output_tokens: int | None,
    input_price: Decimal | None,
    output_price: Decimal | None,
) -> Decimal | None:
    """Return the US dollars of one request, or None where any part is unknown.

    Prices are US dollars per million tokens at the list price: discounts for cached
    tokens and surcharges for very long prompts are not applied. A model that costs
    nothing costs nothing even where its provider does not count tokens.
    """
    if input_price == 0 and output_price == 0:
        return Decimal(0)
    if input_tokens is None or output_tokens is None:
        return None
    if input_price is None or output_price is None:
        return None
    return (input_tokens * input_price + output_tokens * output_price) / _PER_MILLION
