"""Samples: what is asked of a model, by which seed, and what is kept of it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from apps.benchmarks.domain.specs import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from decimal import Decimal
    from uuid import UUID

# What every provider's field for a seed can hold.
SEED_BITS = 31


@dataclass(frozen=True, slots=True)
class SampleKey:
    """One sample of a run and model: a task in one of its repeats, epochs from 1."""

    task_id: UUID
    epoch: int


@dataclass(frozen=True, slots=True)
class SampleResult:
    """What one attempt at a sample gave; durations are ms, None is unknown."""

    id: UUID
    key: SampleKey
    attempt: int
    prompt_hash: str
    answer: str
    outcome: str
    verdict: Verdict
    reason: str
    created_at: datetime
    breakdown: Mapping[str, object] = field(default_factory=dict)
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost: Decimal | None = None
    first_token_ms: float | None = None
    total_ms: float | None = None
    working_ms: float | None = None
    waited_ms: float | None = None
    grading_ms: float | None = None
    retries: int = 0
    sandbox_tier: str = ""
    provider_model: str = ""

    @property
    def score(self) -> float | None:
        """1 for a pass, 0 for a fail, None where nothing could be scored."""
        if self.verdict is Verdict.UNSCORED:
            return None
        return float(self.verdict is Verdict.PASS)


def derive_seed(run_seed: int, epoch: int) -> int:
    """Return the seed of one epoch of a run.

    All models and tasks of an epoch share it, and epochs have seeds that nothing
    relates, so that repeats are independent.
    """
    digest = hashlib.sha256(f"{run_seed}:{epoch}".encode()).digest()
    return int.from_bytes(digest[:4]) >> (32 - SEED_BITS)


def hash_prompt(
    *,
    system: str,
    prompt: str,
    sampling: Mapping[str, object],
    schema: Mapping[str, object] | None,
) -> str:
    """Return the SHA-256 (hex) of what a model was sent, its seed excepted."""
    sent = {"system": system, "prompt": prompt, "sampling": sampling, "schema": schema}
    text = json.dumps(sent, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()
