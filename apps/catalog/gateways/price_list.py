"""Prices and context windows as the `genai-prices` package knows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import TieredPrices

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal


@dataclass(frozen=True, slots=True)
class KnownModel:
    """What the package knows; prices are US dollars per million tokens."""

    context_window: int | None
    input_price: Decimal | None
    output_price: Decimal | None


def find_known_model(provider: str, name: str, *, at: datetime) -> KnownModel | None:
    """Return what the package knows of a provider's model, or None.

    Prices are those in force at `at`. Where a price rises for very long prompts, it is
    the one for those below the first step. The package's data is what was installed:
    nothing is fetched.
    """
    try:
        _, model = get_snapshot().find_provider_model(name, None, provider, None)
    except LookupError:
        return None
    prices = model.get_prices(at)
    return KnownModel(
        context_window=model.context_window,
        input_price=_flatten(prices.input_mtok),
        output_price=_flatten(prices.output_mtok),
    )


def _flatten(price: Decimal | TieredPrices | None) -> Decimal | None:
    return price.base if isinstance(price, TieredPrices) else price
