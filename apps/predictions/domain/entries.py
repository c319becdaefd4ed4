"""Predictions as they are sent, and what may be wrong with them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING

from apps.core.errors import Fault, InvalidFieldsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from uuid import UUID

MOST_ENTRIES = 1000
# A price that is older says nothing of the market when the prediction is made.
FRESH_FOR = timedelta(minutes=15)
# Recordings may have an entry an hour, between which nobody sees them move.
RECORDED_FRESH_FOR = timedelta(hours=2)
# Clocks of a venue and of this machine may differ by so much.
CLOCK_TOLERANCE = timedelta(seconds=60)
MOST_REASONING = 20_000
MOST_REFERENCE = 200
MOST_DEPTH = 20
MOST_SHOWN = 40
MOST_COST = Decimal(999_999)
HUNDRED = Decimal(100)
NO_PROVENANCE: Mapping[str, object] = MappingProxyType({})

Number = Decimal | float


@dataclass(frozen=True, slots=True)
class NewPrediction:
    """One prediction to record: the probability of one outcome of one market.

    `market` is an id or `venue:external id`; `outcome` is 0 or 1, or the outcome's
    name. Probabilities are of one, the confidence of a hundred, the cost US dollars.
    `reference` is the sender's own name for it, which makes repeating it harmless;
    `provenance` is what it was made from and never comes from a sender.
    """

    market: UUID | str
    outcome: int | str
    probability: Number
    confidence: Number | None = None
    reasoning: str = ""
    cost: Number | None = None
    reference: str = ""
    market_price_shown: Number | None = None
    provenance: Mapping[str, object] = field(default_factory=lambda: NO_PROVENANCE)


@dataclass(frozen=True, slots=True)
class EntryFault:
    """What is wrong with one of the predictions that were sent."""

    index: int  # from 0
    field: str
    what: str


class EntriesRefusedError(InvalidFieldsError):
    """Some of the predictions that were sent are wrong, so none was recorded."""

    def __init__(self, faults: Sequence[EntryFault]) -> None:
        """Keep the faults; say of each which prediction it is in."""
        super().__init__(
            [Fault(f"predictions.{one.index}.{one.field}", one.what) for one in faults]
        )
        self.entries = tuple(faults)


def rounded(value: Number, digits: int) -> Decimal:
    """Return a number as it is kept: with so many digits of the fraction."""
    exact = value if isinstance(value, Decimal) else Decimal(repr(value))
    return exact.quantize(Decimal(1).scaleb(-digits))


def find_faults(
    entry: NewPrediction, *, is_new: bool = True
) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with an entry by itself: the field, and what of it.

    One that is recorded already may have a confidence that was taken then.
    """
    is_checked = is_new and not entry.provenance
    yield from _of_probability(entry.probability)
    limits = {
        "confidence": (entry.confidence, HUNDRED),
        "market_price_shown": (entry.market_price_shown, Decimal(1)),
        "cost": (entry.cost, MOST_COST),
    }
    for name, (value, most) in limits.items():
        if value is not None and not _within(value, most):
            yield name, f"{_shown(value)} is not between 0 and {most}"
        elif name == "confidence" and is_checked and (what := as_share(value)):
            yield name, what
    texts = {
        "reasoning": (entry.reasoning, MOST_REASONING),
        "reference": (entry.reference, MOST_REFERENCE),
    }
    for name, (text, most_letters) in texts.items():
        if len(text) > most_letters:
            yield name, f"{len(text)} characters are more than {most_letters}"
        if not is_storable(text):
            yield name, "it holds a character that cannot be stored"
    if not is_storable(entry.provenance):
        yield "provenance", "it holds what cannot be stored"


def as_share(confidence: Number | None) -> str:
    """Say what to write for a confidence that was plainly meant as a share, or "".

    That is one between 0 and 1. Nobody who sends one means less than a hundredth of
    certainty; what is computed from several may come to that.
    """
    if confidence is None or not 0 < confidence < 1:
        return ""
    of_hundred = rounded(confidence, 8) * HUNDRED
    return (
        f"{_shown(confidence)} is a share, and confidence is of a hundred: write "
        f"{of_hundred.normalize():f}"
    )


def find_outcome(names: tuple[str, str], wanted: int | str) -> int | None:
    """Return which outcome of a market is meant, by its place or its name."""
    if isinstance(wanted, int):
        return wanted if wanted in (0, 1) else None
    folded = [name.strip().casefold() for name in names]
    text = wanted.strip().casefold()
    if folded.count(text) == 1:
        return folded.index(text)
    return int(text) if text in ("0", "1") else None


def is_storable(value: object) -> bool:
    """Return whether a database takes a value and gives it back.

    That is a text without NUL and without half a character, a number that is one, and
    lists and objects of such, nested no deeper than `MOST_DEPTH`.
    """
    waiting = [(value, 0)]
    while waiting:
        one, depth = waiting.pop()
        parts: list[object] = []
        if isinstance(one, Mapping):
            parts = [*one, *one.values()]
        elif isinstance(one, (list, tuple)):
            parts = [*one]
        elif not _is_storable_scalar(one):
            return False
        if parts and depth == MOST_DEPTH:
            return False
        waiting += [(part, depth + 1) for part in parts]
    return True


def _is_storable_scalar(value: object) -> bool:
    if isinstance(value, str):
        return "\0" not in value and not any("\ud800" <= c <= "\udfff" for c in value)
    return not isinstance(value, float) or math.isfinite(value)


def _of_probability(value: Number) -> Iterator[tuple[str, str]]:
    if _within(value, Decimal(1)):
        return
    what = f"{_shown(value)} is not between 0 and 1"
    if _within(value, HUNDRED):
        what += (
            f"; if it is a percentage, write {rounded(value / 100, 8).normalize():f}"
        )
    yield "probability", what


def _shown(value: Number) -> str:
    text = str(value)
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}\u2026"


def _within(value: Number, most: Decimal) -> bool:
    # `math` cannot look at a signalling NaN, nor at a whole number beyond all floats.
    is_finite = math.isfinite(value) if isinstance(value, float) else True
    is_number = value.is_finite() if isinstance(value, Decimal) else is_finite
    return is_number and 0 <= value <= most
