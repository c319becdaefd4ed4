"""Which outcome a provider's error is, and whether trying again can help."""

from __future__ import annotations

from dataclasses import dataclass

from apps.catalog.domain.completions import Completion, Outcome

_UNAUTHORIZED = (401, 403)
_NOT_FOUND = 404
_TOO_LARGE = 413
_TOO_MANY = 429
_SERVER_ERROR = 500
# 408 request timeout, 409 conflict, 425 too early: told to try again by their RFCs.
_TRY_AGAIN = (408, 409, 425)
_DETAIL_LENGTH = 300

_QUOTA_CODES = frozenset({"insufficient_quota", "billing_error"})
_RATE_CODES = frozenset({"rate_limit_error", "rate_limit_exceeded"})
_SERVER_CODES = frozenset(
    {"overloaded_error", "api_error", "timeout_error", "server_error"}
)


@dataclass(frozen=True, slots=True)
class _Signs:
    """How one failure is told: providers word the same thing differently."""

    outcome: Outcome
    codes: frozenset[str]
    phrases: tuple[str, ...]
    statuses: tuple[int, ...] = ()


# In the order in which they are tried.
_REQUEST_FAILURES = (
    _Signs(
        Outcome.CONTEXT_EXCEEDED,
        frozenset({"context_length_exceeded", "exceed_context_size_error"}),
        (
            "context length",
            "context window",
            "context size",
            "context limit",
            "prompt is too long",
            "input token count",
        ),
        (_TOO_LARGE,),
    ),
    _Signs(
        Outcome.MISSING_KEY,
        frozenset({"authentication_error", "permission_error", "invalid_api_key"}),
        ("api key not valid", "invalid api key"),
        _UNAUTHORIZED,
    ),
    _Signs(
        Outcome.UNKNOWN_MODEL,
        frozenset({"model_not_found", "not_found_error"}),
        ("valid model", "model not found", "unknown model", "no such model"),
    ),
)


@dataclass(frozen=True, slots=True)
class ProviderError:
    """An error as a provider reported it; `status` is 200 inside a stream."""

    status: int
    message: str
    codes: frozenset[str] = frozenset()  # the `code` and `type` of its body
    retry_after_seconds: float | None = None


def fail(
    outcome: Outcome,
    detail: str,
    *,
    retryable: bool = False,
    retry_after_seconds: float | None = None,
) -> Completion:
    """Return a failure as an outcome; its detail becomes one bounded line."""
    line = " ".join(detail.split())[:_DETAIL_LENGTH]
    return Completion(
        outcome=outcome,
        detail=line,
        retryable=retryable,
        retry_after_seconds=retry_after_seconds,
    )


def classify(error: ProviderError) -> Completion:
    """Return the outcome that `error` is."""
    outcome = _match_request(error) or _match_server(error)
    retryable = outcome is Outcome.RATE_LIMITED or (
        outcome is Outcome.UPSTREAM_FAILED and _may_pass(error)
    )
    # What a provider says about a key may repeat it.
    refused = outcome is Outcome.MISSING_KEY
    words = "the provider refused the key" if refused else error.message
    return fail(
        outcome,
        f"{error.status}: {words}",
        retryable=retryable,
        retry_after_seconds=error.retry_after_seconds,
    )


def _match_request(error: ProviderError) -> Outcome | None:
    """Return what is wrong with the request itself, if anything is."""
    text = error.message.lower()
    # A server in trouble may say anything; its words count only below 500.
    wording = error.status < _SERVER_ERROR and error.status != _TOO_MANY
    for signs in _REQUEST_FAILURES:
        if error.status in signs.statuses or error.codes & signs.codes:
            return signs.outcome
        if wording and any(phrase in text for phrase in signs.phrases):
            return signs.outcome
    missing = error.status == _NOT_FOUND and "model" in text
    return Outcome.UNKNOWN_MODEL if missing else None


def _match_server(error: ProviderError) -> Outcome:
    spent = error.codes & _QUOTA_CODES
    limited = error.status == _TOO_MANY or error.codes & _RATE_CODES
    return Outcome.RATE_LIMITED if limited and not spent else Outcome.UPSTREAM_FAILED


def _may_pass(error: ProviderError) -> bool:
    if error.codes & _QUOTA_CODES:
        return False
    return (
        error.status >= _SERVER_ERROR
        or error.status in _TRY_AGAIN
        or bool(error.codes & _SERVER_CODES)
    )
