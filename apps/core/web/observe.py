"""What every request gets first: an id that is safe to log, and a count."""

from __future__ import annotations

import re
import time
import uuid
from typing import TYPE_CHECKING

from apps.core.metrics import observe_request

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponseBase

REQUEST_ID_HEADER = "X-Request-ID"
# Short, and free of anything that could forge a line or a field of a log.
_SAFE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}", re.ASCII)


class ObserveMiddleware:
    """Outermost, so that a request which any other one refuses is counted too."""

    sync_capable = True
    async_capable = False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Wrap the rest of the service."""
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Give the request its id, time it, and say the id in the response."""
        request_id = safe_request_id(request.META.get("HTTP_X_REQUEST_ID", ""))
        # Where the log context and whoever asks for the header will find it.
        request.META["HTTP_X_REQUEST_ID"] = request_id
        started = time.perf_counter()
        response = self._get_response(request)
        seconds = time.perf_counter() - started
        match = request.resolver_match
        view = match.view_name or match.route if match else "none"
        observe_request(request.method or "", view, response.status_code, seconds)
        response.headers[REQUEST_ID_HEADER] = request_id
        return response


def safe_request_id(given: str) -> str:
    """Return the caller's id where it is short and plain, else a fresh one."""
    return given if _SAFE_ID.fullmatch(given) else uuid.uuid4().hex
