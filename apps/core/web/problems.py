"""Failures as `application/problem+json` (RFC 9457)."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from django.http import JsonResponse

from apps.core.errors import InvalidFieldsError

if TYPE_CHECKING:
    from django.http import HttpRequest

    from apps.core.errors import AppError

# How any call of an API may be refused before it is looked at.
AT_THE_GATE = {
    400: "Two different keys, or a request that cannot be read",
    401: "A key that opens nothing, or none where one is needed",
    403: "A key without the scope, or a tier without the entitlement",
    429: "The limit of calls is reached; Retry-After says for how long",
}
_MACHINE_SUFFIXES = (".json", ".csv")


def problem(
    status: int, code: str, detail: str, *, retryable: bool = False, **more: object
) -> JsonResponse:
    """Return a problem document; `more` adds members beside the standard ones.

    `retryable` says whether the same may succeed later.
    """
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        "retryable": retryable,
        **more,
    }
    return JsonResponse(body, status=status, content_type="application/problem+json")


def problem_of(error: AppError) -> JsonResponse:
    """Return the problem document of an anticipated failure."""
    more: dict[str, object] = {}
    if isinstance(error, InvalidFieldsError):
        more["errors"] = [
            {"where": one.where, "what": one.what} for one in error.faults
        ]
    return problem(
        error.status, error.code, str(error), retryable=error.retryable, **more
    )


def wants_problem(request: HttpRequest) -> bool:
    """Return whether the one who asks is a program rather than a person."""
    path = request.path
    return path.startswith("/api/") or path.endswith(_MACHINE_SUFFIXES)
