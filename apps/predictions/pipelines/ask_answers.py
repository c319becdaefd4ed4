"""From a completion to what is stored of it, and from samples to a prediction."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from apps.catalog.domain.completions import Completion, Message, Outcome
from apps.predictions.domain.asking import Sample, combine, knew_later_than
from apps.predictions.domain.entries import MOST_COST, NewPrediction
from apps.predictions.domain.parsing import Reading, read_answer, storable
from apps.predictions.domain.prompts import PROMPTS, write_correction
from apps.predictions.domain.words import AttemptOutcome
from apps.predictions.selectors.asks import AttemptMade
from apps.predictions.services.answers import NewAttempt

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from apps.markets.selectors.markets import MarketRow
    from apps.predictions.selectors.asks import AskPlan, ItemPlan, ModelPlan

NOTHING = Decimal(0)
SMALLEST_COST = Decimal("0.00000001")
MOST_TOKENS = 1_000_000_000
LONGEST_LINE = 1_000
# An answer is shown to its model again only so far.
LONGEST_REPEATED = 2_000
# An unreadable answer of any length is kept, but not without end.
LONGEST_KEPT = 100_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where an attempt belongs."""

    item_id: UUID
    experiment_id: UUID
    market_id: UUID
    sample: int
    attempt: int


def write_messages(prompt: str, before: AttemptMade | None) -> tuple[Message, ...]:
    """Return what is sent: the prompt, after an attempt that failed what was wrong."""
    if before is None:
        return (Message("user", prompt),)
    correction = write_correction(before.reason)
    if not before.answer.strip():  # a provider takes no empty turn
        return (Message("user", f"{prompt}\n\n{correction}"),)
    return (
        Message("user", prompt),
        Message("assistant", before.answer[:LONGEST_REPEATED]),
        Message("user", correction),
    )


def to_attempt(
    place: Place, messages: Sequence[Message], completion: Completion, now: datetime
) -> NewAttempt:
    """Return what is stored of one answer, or of none."""
    reading = _read(completion)
    forecast = reading.forecast
    return NewAttempt(
        item_id=place.item_id,
        experiment_id=place.experiment_id,
        market_id=place.market_id,
        sample=place.sample,
        attempt=place.attempt,
        outcome=reading.outcome,
        finish=completion.outcome.value,
        prompt=_describe_messages(messages),
        answer=storable(completion.text)[:LONGEST_KEPT],
        reason=storable(reading.reason)[:LONGEST_LINE],
        probability=None if forecast is None else forecast.probability,
        confidence=None if forecast is None else forecast.confidence,
        reasoning="" if forecast is None else forecast.reasoning,
        provider_model=storable(completion.provider_model)[:200],
        input_tokens=_count(completion.input_tokens),
        output_tokens=_count(completion.output_tokens),
        cost=_cost(completion.cost),
        working_ms=_ms(completion.working_ms),
        created_at=now,
    )


def to_made(stored: NewAttempt) -> AttemptMade:
    """Return an attempt as it is read back."""
    return AttemptMade(
        sample=stored.sample,
        attempt=stored.attempt,
        outcome=stored.outcome,
        answer=stored.answer,
        reason=stored.reason,
        probability=stored.probability,
        confidence=stored.confidence,
        reasoning=stored.reasoning,
        cost=stored.cost,
        created_at=stored.created_at,
    )


def to_entry(
    plan: AskPlan,
    part: ModelPlan,
    item: ItemPlan,
    market: MarketRow,
    made: Sequence[AttemptMade],
) -> NewPrediction:
    """Return the prediction that the samples come to; the cost is of all attempts."""
    samples = [_to_sample(one) for one in made if one.outcome is AttemptOutcome.OK]
    combined = combine(samples)
    costs = [one.cost for one in made if one.outcome is not AttemptOutcome.FAILED]
    known = [one for one in costs if one is not None]
    return NewPrediction(
        market=item.market_id,
        outcome=plan.outcome,
        probability=combined.probability,
        confidence=combined.confidence,
        reasoning=combined.reasoning,
        cost=sum(known, NOTHING) if len(known) == len(costs) else None,
        reference=f"ask:{item.id}",
        market_price_shown=item.price_shown,
        provenance=_describe(plan, part, item, market, made),
    )


def describe_lack(made: Sequence[AttemptMade], wanted: int) -> str:
    """Say how many samples could be used, and what the attempts gave instead."""
    counts = Counter(one.outcome for one in made)
    readable = counts.pop(AttemptOutcome.OK, 0)
    words = ", ".join(
        f"{number} {outcome.value.replace('_', ' ')}"
        for outcome, number in sorted(counts.items())
    )
    last = next((one.reason for one in reversed(made) if one.reason), "")
    what = f"{readable} of {wanted} samples can be used; attempts: {words}"
    return f"{what}; the last: {last}" if last else what


def _describe(
    plan: AskPlan,
    part: ModelPlan,
    item: ItemPlan,
    market: MarketRow,
    made: Sequence[AttemptMade],
) -> dict[str, object]:
    model, prompted_at = part.model, item.prompted_at
    cutoff = model.training_cutoff
    return {
        "ask_run": str(plan.run_id),
        "model": model.full_name,
        "upstream_model": model.upstream_name,
        "sampling": dict(model.sampling),
        "model_cutoff": None if cutoff is None else cutoff.isoformat(),
        "model_release": (
            None if model.release_date is None else model.release_date.isoformat()
        ),
        "market_opened_at": (
            None if market.opened_at is None else market.opened_at.isoformat()
        ),
        # True: the model may have read of what happened after the market opened.
        "cutoff_after_opening": knew_later_than(cutoff, market.opened_at),
        "prompted_at": None if prompted_at is None else prompted_at.isoformat(),
        "prompt_version": plan.prompt_version,
        "prompt_hash": PROMPTS[plan.prompt_version].hash,
        "retrieval": None,  # the model was given nothing beside the prompt
        "samples_wanted": plan.samples,
        "samples": [
            {
                "sample": one.sample,
                "attempt": one.attempt,
                "probability": one.probability,
            }
            for one in made
            if one.outcome is AttemptOutcome.OK
        ],
        "attempts": {
            outcome.value: number
            for outcome, number in sorted(Counter(one.outcome for one in made).items())
        },
    }


def _read(completion: Completion) -> Reading:
    if completion.outcome is Outcome.REFUSAL:
        return Reading(
            AttemptOutcome.REFUSED, reason=completion.detail or "the model declined"
        )
    if not completion.outcome.is_answer:
        why = completion.detail or completion.outcome.value.replace("_", " ")
        return Reading(AttemptOutcome.FAILED, reason=why)
    is_whole = completion.outcome is Outcome.OK
    reading = read_answer(completion.text, completion.structured if is_whole else None)
    if completion.outcome is Outcome.TRUNCATED and reading.forecast is None:
        return Reading(reading.outcome, reason=f"cut off: {reading.reason}")
    return reading


def _to_sample(one: AttemptMade) -> Sample:
    return Sample(
        number=one.sample,
        attempt=one.attempt,
        probability=one.probability or 0.0,
        confidence=one.confidence or 0.0,
        reasoning=one.reasoning,
    )


def _describe_messages(messages: Sequence[Message]) -> str:
    if len(messages) == 1:
        return messages[0].content
    return "\n\n".join(f"[{one.role}]\n{one.content}" for one in messages)


def _count(tokens: int | None) -> int | None:
    return tokens if tokens is not None and 0 <= tokens <= MOST_TOKENS else None


def _cost(cost: Decimal | None) -> Decimal | None:
    if cost is None or not 0 <= cost <= MOST_COST:
        return None
    return cost.quantize(SMALLEST_COST)


def _ms(milliseconds: float) -> float | None:
    return milliseconds if math.isfinite(milliseconds) else None
