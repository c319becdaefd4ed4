"""What is asked of a model and what came of it, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from decimal import Decimal


class Outcome(StrEnum):
    """What became of a request; each is stored as what it is."""

    OK = "ok"
    REFUSAL = "refusal"
    TRUNCATED = "truncated"
    MALFORMED_STRUCTURED = "malformed_structured"
    MISSING_KEY = "missing_key"
    UNKNOWN_MODEL = "unknown_model"
    RATE_LIMITED = "rate_limited"
    UPSTREAM_FAILED = "upstream_failed"
    TIMEOUT = "timeout"
    CONTEXT_EXCEEDED = "context_exceeded"

    @property
    def is_answer(self) -> bool:
        """Whether the model itself spoke: what follows is its own doing."""
        return self in _ANSWERS


_ANSWERS = frozenset(
    {
        Outcome.OK,
        Outcome.REFUSAL,
        Outcome.TRUNCATED,
        Outcome.MALFORMED_STRUCTURED,
    }
)


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation; `role` is "user" or "assistant"."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """One question to one model.

    `sampling` goes to the provider as it stands, such as
    `{"temperature": 0.0, "max_tokens": 512}`; `json_schema` asks for one JSON
    document of that form.
    """

    model: str  # the provider's own name of the model
    messages: tuple[Message, ...]
    system: str = ""
    sampling: Mapping[str, object] = field(default_factory=dict)
    json_schema: Mapping[str, object] | None = None
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Completion:
    """What came back: an answer, or a failure with its reason.

    Times are milliseconds. `working_ms` is the time of the last attempt's own
    request, `waited_ms` what was spent on the concurrency limit and on back-off, and
    `total_ms` everything, failed attempts included. Tokens are None where the
    provider did not say, which is not zero.
    """

    outcome: Outcome
    text: str = ""
    structured: object = None
    provider_model: str = ""  # the id that the provider answered with
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost: Decimal | None = None  # US dollars; None is unknown
    time_to_first_token_ms: float | None = None
    total_ms: float = 0.0
    working_ms: float = 0.0
    waited_ms: float = 0.0
    retries: int = 0
    finish_reason: str = ""
    detail: str = ""  # one line, safe to show
    retryable: bool = False
    retry_after_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class ListedModel:
    """A model as its provider's own listing describes it; None is unsaid."""

    name: str
    display_name: str = ""
    context_window: int | None = None
    max_output_tokens: int | None = None
    input_price: Decimal | None = None  # US dollars per million tokens
    output_price: Decimal | None = None
    release_date: date | None = None
    is_deprecated: bool = False
