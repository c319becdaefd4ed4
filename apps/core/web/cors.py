"""Which pages of other sites may read this service's answers.

Public reads are open to any origin, without credentials. The origins that the setting
names may do all that their users may. Everybody else is told nothing, and so their
browser refuses them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpResponse
from django.utils.cache import patch_vary_headers

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

API = "/api/"
PUBLIC = "/api/v1/"
READS = ("GET", "HEAD")
METHODS = (*READS, "POST", "PUT", "PATCH", "DELETE")
# What a page of any origin may say with a public read.
OPEN_HEADERS = ("accept", "cache-control", "last-event-id", "x-request-id")
ALLOWED_HEADERS = (
    *OPEN_HEADERS,
    "authorization",
    "content-type",
    "idempotency-key",
    "x-api-key",
    "x-csrftoken",
)
EXPOSED = ("Link", "RateLimit", "RateLimit-Policy", "Retry-After", "X-Request-ID")
_MAX_AGE_SECONDS = 7200


def cors_headers(
    *, path: str, method: str, origin: str, asked_method: str = ""
) -> dict[str, str]:
    """Return the fields that let a page of `origin` read the answer, if it may.

    `asked_method` is what a preflight asks about, "" for the request itself.
    """
    if not origin or not path.startswith(API):
        return {}
    is_listed = origin in settings.CORS_ORIGINS
    is_read = path.startswith(PUBLIC) and (asked_method or method) in READS
    if not is_listed and not is_read:
        return {}
    fields = {"Access-Control-Allow-Origin": origin if is_listed else "*"}
    if is_listed:
        fields["Access-Control-Allow-Credentials"] = "true"
    if asked_method:
        allowed = ALLOWED_HEADERS if is_listed else OPEN_HEADERS
        fields |= {
            "Access-Control-Allow-Methods": ", ".join(METHODS if is_listed else READS),
            "Access-Control-Allow-Headers": ", ".join(allowed),
            "Access-Control-Max-Age": str(_MAX_AGE_SECONDS),
        }
    else:
        fields["Access-Control-Expose-Headers"] = ", ".join(EXPOSED)
    return fields


class CorsMiddleware:
    """Answers preflights, and marks what may be read."""

    sync_capable = True
    async_capable = False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Wrap the rest of the chain."""
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer a preflight at once, and anything else with its fields."""
        if not request.path_info.startswith(API):
            return self._get_response(request)
        origin = request.headers.get("Origin", "")
        asked = request.headers.get("Access-Control-Request-Method", "")
        is_preflight = bool(request.method == "OPTIONS" and origin and asked)
        response: HttpResponseBase = (
            HttpResponse(status=204) if is_preflight else self._get_response(request)
        )
        fields = cors_headers(
            path=request.path_info,
            method=request.method or "",
            origin=origin,
            asked_method=asked if is_preflight else "",
        )
        for name, value in fields.items():
            response.headers[name] = value
        patch_vary_headers(response, ["Origin"])
        return response
