"""What Stripe refuses, in Stripe's form."""

from __future__ import annotations

from typing import Any


class Refusal(Exception):  # noqa: N818 (an answer, not a fault of the server)
    """An answer with an error in it."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.error: dict[str, Any] = {"message": message, "type": kind}
        if code:
            self.error["code"] = code
            self.error["doc_url"] = f"https://stripe.com/docs/error-codes/{code}"
        if param:
            self.error["param"] = param


def no_such(what: str, name: str, param: str = "id", *, status: int = 404) -> Refusal:
    return Refusal(
        f"No such {what}: '{name}'", status=status, code="resource_missing", param=param
    )


def missing(param: str) -> Refusal:
    return Refusal(
        f"Missing required param: {param}.", code="parameter_missing", param=param
    )


def unknown(param: str) -> Refusal:
    return Refusal(
        f"Received unknown parameter: {param}", code="parameter_unknown", param=param
    )


def invalid(param: str, why: str, code: str | None = None) -> Refusal:
    return Refusal(why, code=code, param=param)


def wrong_key(key: str) -> Refusal:
    shown = f"{key[:8]}{'*' * max(0, len(key) - 12)}{key[-4:]}" if key else ""
    said = f"Invalid API Key provided: {shown}" if key else "You did not provide a key."
    return Refusal(said, status=401)


def too_many() -> Refusal:
    return Refusal(
        "Request rate limit exceeded.", status=429, kind="api_error", code="rate_limit"
    )


def declined() -> Refusal:
    return Refusal(
        "Your card was declined.", status=402, kind="card_error", code="card_declined"
    )


def other_parameters(key: str) -> Refusal:
    return Refusal(
        "Keys for idempotent requests can only be used with the same parameters they "
        f"were first used with. Try using a key other than '{key}'.",
        kind="idempotency_error",
    )


def in_progress(key: str) -> Refusal:
    return Refusal(
        f"There is another request in progress with the key '{key}'.",
        status=409,
        code="idempotency_key_in_use",
    )
