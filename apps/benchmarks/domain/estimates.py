"""What a run will probably cost, said before it starts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

# The rule of thumb of the providers' own guides for English text and code.
CHARACTERS_PER_TOKEN = 4
TOKENS_AROUND_PROMPT = 12  # roles and separators of a chat template
DEFAULT_OUTPUT_TOKENS = 300
# Below so many earlier answers their mean says too little.
ENOUGH_HISTORY = 20

_PER_MILLION = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class Prices:
    """US dollars per million tokens; None is unknown, which is not free."""

    input_price: Decimal | None
    output_price: Decimal | None

    @property
    def known(self) -> bool:
        """Whether a cost can be told at all."""
        return self.input_price is not None and self.output_price is not None


@dataclass(frozen=True, slots=True)
class History:
    """What earlier answers of a model to the same suite came to, on average."""

    results: int = 0
    output_tokens: float = 0.0


@dataclass(frozen=True, slots=True)
class Estimate:
    """Expected tokens and cost of one model's samples; `cost` is None if unpriced."""

    samples: int
    input_tokens: int
    output_tokens: int
    basis: str
    cost: Decimal | None


def estimate_cost(
    prompts: Sequence[str],
    *,
    epochs: int,
    prices: Prices,
    history: History,
    max_output_tokens: int | None = None,
) -> Estimate:
    """Will estimate tokens and US dollars of asking every prompt `epochs` times.

    Input tokens are characters over `CHARACTERS_PER_TOKEN`. Output tokens are the
    mean of the model's earlier answers to this suite where there are at least
    `ENOUGH_HISTORY`, else `DEFAULT_OUTPUT_TOKENS`, and never more than the sampling
    setting allows.
    """
    per_answer, basis = float(DEFAULT_OUTPUT_TOKENS), "default"
    if history.results >= ENOUGH_HISTORY:
        per_answer, basis = history.output_tokens, "history"
    if max_output_tokens is not None:
        per_answer = min(per_answer, max_output_tokens)
    samples = len(prompts) * epochs
    tokens_in = epochs * sum(
        math.ceil(len(prompt) / CHARACTERS_PER_TOKEN) + TOKENS_AROUND_PROMPT
        for prompt in prompts
    )
    tokens_out = math.ceil(samples * per_answer)
    cost = _price(tokens_in, tokens_out, prices)
    return Estimate(samples, tokens_in, tokens_out, basis, cost)


def _price(tokens_in: int, tokens_out: int, prices: Prices) -> Decimal | None:
    if prices.input_price is None or prices.output_price is None:
        return None
    total = tokens_in * prices.input_price + tokens_out * prices.output_price
    return total / _PER_MILLION
