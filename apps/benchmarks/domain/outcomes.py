"""Which outcomes of a request are the model's own doing, and what they are worth.

A model that refuses, breaks off or answers in the wrong form had its chance: that is
scored. A request that never reached a model, or whose answer never came back, says
nothing about it: that is unscored, neither a zero nor dropped.
"""

from __future__ import annotations

from apps.catalog.domain.completions import Outcome

# Failures of the model that need no grading. A prompt beyond its context window is
# one: the task is beyond what the model can take.
FAILED_OUTRIGHT = {
    Outcome.REFUSAL: "The model refused",
    Outcome.MALFORMED_STRUCTURED: "The answer is not the JSON that was asked for",
    Outcome.CONTEXT_EXCEEDED: "The prompt does not fit the model's context window",
}
# What is left is graded: an answer that was cut off may hold all that was asked for.
GRADED = frozenset({Outcome.OK, Outcome.TRUNCATED})
UNSCORED = frozenset(Outcome) - GRADED - FAILED_OUTRIGHT.keys()

ANSWERED = frozenset(outcome.value for outcome in Outcome if outcome.is_answer)


def was_answered(outcome: str) -> bool:
    """Whether the model itself spoke, so that its time is a latency."""
    return outcome in ANSWERED
