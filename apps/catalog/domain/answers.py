"""From the pieces of a stream to a completion."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from apps.catalog.domain.completions import Completion, Outcome
from apps.catalog.domain.failures import fail
from apps.catalog.domain.structured import MalformedAnswerError, parse_structured

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(slots=True)
class Answer:
    """What a stream has brought so far."""

    parts: list[str] = field(default_factory=list)
    refusal: str = ""  # a refusal that came beside the text, in words
    finish_reason: str = ""
    provider_model: str = ""
    input_tokens: int | None = None
    output_tokens: int | None = None
    first_token_at: float | None = None  # seconds, of the gateway's clock
    note: str = ""  # what had to be asked for in another way


def conclude(
    answer: Answer,
    *,
    finishes: Mapping[str, Outcome],
    schema: Mapping[str, object] | None,
) -> Completion:
    """Return what a finished stream amounts to.

    `finishes` maps the provider's finish reasons to outcomes. A stream that gave no
    reason was dropped and may be tried again; an unknown reason is an answer where
    text came with it.
    """
    if not answer.finish_reason:
        return fail(
            Outcome.UPSTREAM_FAILED, "the stream ended unfinished", retryable=True
        )
    text = "".join(answer.parts)
    fallback = Outcome.OK if text else Outcome.UPSTREAM_FAILED
    outcome = finishes.get(answer.finish_reason, fallback)
    detail = answer.note
    structured: object = None
    if answer.refusal:
        outcome, detail = Outcome.REFUSAL, answer.refusal
    elif outcome is Outcome.UPSTREAM_FAILED:
        detail = f"finished with {answer.finish_reason!r}"
    elif outcome is Outcome.OK and schema is not None:
        try:
            structured = parse_structured(text, schema)
        except MalformedAnswerError as error:
            outcome, detail = Outcome.MALFORMED_STRUCTURED, str(error)
    return Completion(
        outcome=outcome,
        text=text,
        structured=structured,
        provider_model=answer.provider_model,
        input_tokens=answer.input_tokens,
        output_tokens=answer.output_tokens,
        finish_reason=answer.finish_reason,
        detail=" ".join(detail.split())[:300],
        retryable=outcome is Outcome.UPSTREAM_FAILED,
    )
