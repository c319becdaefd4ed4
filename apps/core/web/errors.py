"""Failures as pages that look like the rest, or as problems for programs."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING

from django.http import HttpResponse, HttpResponseNotAllowed
from django.template.loader import render_to_string

from apps.core.errors import AppError, InvalidInputError
from apps.core.web.problems import problem, problem_of, wants_problem
from apps.core.web.theme import theme_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

NOT_FOUND = "Nothing here answers to that address, or you may not see it."
FORBIDDEN = "You may not do that. Sign in with an account that may."
BAD_REQUEST = "The request could not be understood."
TOO_MANY = "You have tried this too often. Wait a minute, then try again."
SERVER_ERROR = "Something broke on our side. It has been logged; try again in a moment."
CONTROL_CHARACTERS = "The address holds control characters, which no value here has."
TAKES_ANY_TEXT = frozenset({"/search"})
# PostgreSQL refuses NUL; no name, cursor or choice holds any of the others.
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
CSRF = (
    "This form had expired or came from elsewhere. Go back, reload and send it again."
)


class AppErrorMiddleware:
    """Render what services and selectors raise, once for every page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Wrap the rest of the chain."""
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on, unless its address asks for what no text has."""
        if any(_CONTROL.search(part) for pair in _query(request) for part in pair):
            return self._refuse(request, InvalidInputError(CONTROL_CHARACTERS))
        answer = self._get_response(request)
        if isinstance(answer, HttpResponseNotAllowed) and wants_problem(request):
            return _not_allowed(request, answer)
        return answer

    def process_exception(
        self, request: HttpRequest, exception: Exception
    ) -> HttpResponse | None:
        """Answer an anticipated failure; leave the rest to Django."""
        if not isinstance(exception, AppError):
            return None
        return self._refuse(request, exception)

    def _refuse(self, request: HttpRequest, error: AppError) -> HttpResponse:
        if wants_problem(request):
            return problem_of(error)
        return error_page(request, error.status, str(error))


def _not_allowed(request: HttpRequest, answer: HttpResponseNotAllowed) -> HttpResponse:
    detail = f"This address does not take {request.method}."
    refusal = problem(405, "method_not_allowed", detail)
    if "Allow" in answer.headers:
        refusal.headers["Allow"] = answer.headers["Allow"]
    return refusal


def _query(request: HttpRequest) -> list[tuple[str, str]]:
    # Search takes any text: people paste into it, and it drops what it cannot use.
    if request.path_info in TAKES_ANY_TEXT:
        return []
    return [(name, text) for name, all_ in request.GET.lists() for text in all_]


def error_page(request: HttpRequest, status: int, detail: str) -> HttpResponse:
    """Return a page that says what failed and where to go from here."""
    context = {"status": status, "title": HTTPStatus(status).phrase, "detail": detail}
    page = render_to_string("errors/error.html", context, request)
    return HttpResponse(page, status=status)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an address that leads nowhere."""
    if wants_problem(request):
        return problem(404, "not_found", NOT_FOUND)
    return error_page(request, 404, NOT_FOUND)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer one who may not."""
    if wants_problem(request):
        return problem(403, "forbidden", FORBIDDEN)
    return error_page(request, 403, FORBIDDEN)


def too_many_requests(request: HttpRequest) -> HttpResponse:
    """Answer one who tries too often."""
    if wants_problem(request):
        response: HttpResponse = problem(
            429, "too_many_requests", TOO_MANY, retryable=True
        )
    else:
        response = error_page(request, 429, TOO_MANY)
    response.headers["Retry-After"] = "60"
    return response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what Django refused to read."""
    return _bare_page(request, 400, "bad_request", BAD_REQUEST)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form without a valid token."""
    return error_page(request, 403, CSRF)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer a bug."""
    return _bare_page(request, 500, "server_error", SERVER_ERROR)


def _bare_page(
    request: HttpRequest, status: int, code: str, detail: str
) -> HttpResponse:
    """Answer without session, database, Redis or host name: any may be what broke."""
    if wants_problem(request):
        return problem(status, code, detail)
    context = {
        "status": status,
        "title": HTTPStatus(status).phrase,
        "detail": detail,
        "theme": theme_of(request),
    }
    return HttpResponse(render_to_string("errors/bare.html", context), status=status)
