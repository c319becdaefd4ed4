"""Asking models about markets: what is wanted, and what the samples come to."""

from __future__ import annotations

import hashlib
import math
import re
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime
    from decimal import Decimal
    from uuid import UUID

MOST_MODELS = 20
MOST_MARKETS = 1_000
MOST_SAMPLES = 25
# Of one asking, repeated ones not counted.
MOST_QUESTIONS = 20_000
# Of one workspace: the embedded model is everybody's.
MOST_ACTIVE = 5
# How often one sample is asked for at most: an answer that cannot be used is told so.
MOST_ATTEMPTS = 3
DEFAULT_MARKETS = 20
# An experiment's name is this, a hyphen and the model.
LONGEST_NAME = 40
LONGEST_EXPERIMENT = 100
CHARACTERS_PER_TOKEN = 4
TOKENS_AROUND_PROMPT = 12
# What an answer may come to where its length is not limited: twice the words asked for.
EXPECTED_OUTPUT_TOKENS = 400
SEED_BITS = 31

_SLUG = re.compile(r"[-a-zA-Z0-9_]+")
_NOT_SLUG = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Asked:
    """An asking as it was wanted.

    `models` and `markets` are names; without `markets` the most liquid open ones are
    meant that have every word of `query`, at `venue` if one is named, `limit` at most.
    A query of "" means every open one, and None says nothing of which. `outcome` is 0
    or 1, `max_cost` US dollars.
    """

    experiment: str
    models: tuple[str, ...]
    markets: tuple[str, ...] = ()
    query: str | None = None
    venue: str = ""
    limit: int = DEFAULT_MARKETS
    outcome: int = 0
    samples: int = 1
    shows_price: bool = False
    prompt_version: str = ""
    max_cost: Decimal | None = None
    webhook_url: str = ""


@dataclass(frozen=True, slots=True)
class AskedExperiment:
    """The experiment that one model's predictions go to."""

    id: UUID
    name: str
    model: str


@dataclass(frozen=True, slots=True)
class AskStarted:
    """An asking that was started, and what it will probably cost: None is unknown."""

    run_id: UUID
    status: str
    experiments: tuple[AskedExperiment, ...]
    markets: int
    questions: int
    cost: Decimal | None


@dataclass(frozen=True, slots=True)
class Sample:
    """One readable sample, from 1, and which attempt at it this was."""

    number: int
    attempt: int
    probability: float
    confidence: float
    reasoning: str


@dataclass(frozen=True, slots=True)
class Combined:
    """What the samples of one market come to."""

    probability: float
    confidence: float
    reasoning: str


def combine(samples: Sequence[Sample]) -> Combined:
    """Return the median probability and confidence of at least one sample.

    Of an even number the median is the mean of the two in the middle. The reasoning is
    that of the sample next to the median probability, the earlier of two.
    """
    middle = statistics.median(one.probability for one in samples)
    nearest = min(samples, key=lambda one: (abs(one.probability - middle), one.number))
    return Combined(
        probability=middle,
        confidence=statistics.median(one.confidence for one in samples),
        reasoning=nearest.reasoning,
    )


def enough(readable: int, wanted: int) -> bool:
    """Return whether so many readable samples of those wanted make a prediction.

    At least half: what a model refuses most of the time it does not predict.
    """
    return readable > 0 and 2 * readable >= wanted


def is_group_name(name: str) -> bool:
    """Return whether experiments can be named after this."""
    return len(name) <= LONGEST_NAME and bool(_SLUG.fullmatch(name))


def experiment_name(group: str, model: str) -> str:
    """Return the name of a model's experiment: a slug of at most 100 letters."""
    slug = _NOT_SLUG.sub("-", model.lower()).strip("-")
    name = f"{group}-{slug}"
    if len(name) <= LONGEST_EXPERIMENT:
        return name
    # What is cut off must not make two models one.
    tail = hashlib.sha256(model.encode()).hexdigest()[:8]
    return f"{name[: LONGEST_EXPERIMENT - 9]}-{tail}"


def derive_seed(run_seed: int, sample: int, attempt: int) -> int:
    """Return the seed of an attempt at a sample; nothing relates one to another."""
    digest = hashlib.sha256(f"{run_seed}:{sample}:{attempt}".encode()).digest()
    return int.from_bytes(digest[:4]) >> (32 - SEED_BITS)


def expected_tokens(characters: int, most_output: int | None) -> tuple[int, int]:
    """Return the input tokens of a prompt, and what its answer may come to."""
    tokens_in = math.ceil(characters / CHARACTERS_PER_TOKEN) + TOKENS_AROUND_PROMPT
    return tokens_in, most_output or EXPECTED_OUTPUT_TOKENS


def knew_later_than(cutoff: date | None, opened_at: datetime | None) -> bool | None:
    """Return whether a model was trained on what came after a market's opening.

    None where either is unknown, which is no assurance.
    """
    if cutoff is None or opened_at is None:
        return None
    return cutoff > opened_at.date()
