"""The gate of both APIs: who calls, for what, and whether there is room.

Pages and their twins are not behind it. What a request says of a key is looked at here
and nowhere else; everything after it asks `viewer_of`.
"""

from __future__ import annotations

import re
import time
from functools import cache
from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.urls import resolve
from django.utils import timezone

from apps.accounts.domain.addresses import kept_of
from apps.accounts.domain.admission import (
    Caller,
    Identity,
    KeyInvalidError,
    KeyRefusedError,
    KeysConflictError,
    RateLimitedError,
    ScopeMissingError,
)
from apps.accounts.domain.calls import MOST_ROUTE, Call
from apps.accounts.domain.keys import Scope
from apps.accounts.services.admission import admit, ask_ahead
from apps.accounts.services.usage import recorder
from apps.accounts.viewers import ADMISSION
from apps.core.errors import AppError
from apps.core.web.addresses import client_address
from apps.core.web.problems import problem, problem_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from django.http import HttpRequest, HttpResponseBase

    from apps.accounts.domain.admission import Admission, Quota
    from apps.accounts.gateways.gate import Asked

PUBLIC = "/api/v1/"
ACCOUNT = "/api/account/"
PREDICTIONS = ("/api/v1/predictions", "/api/v1/experiments")
# What has models asked, which costs as a run does: beginning it and its runs.
ASKING = "/api/v1/predictions/run"
ASKED = "/api/v1/predictions/runs/"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
REALM = 'Bearer realm="Assay"'
# `<uuid:run_id>` and `<run_id>`
_CONVERTER = re.compile(r"<(?:\w+:)?(\w+)>")
_ASKED = "assay.asked"  # out of reach of any header
_STRANGER = Identity()
_METHODS = SAFE | {"POST", "PUT", "PATCH", "DELETE"}


class AskMiddleware:
    """Asks Redis about a call's key while the call is still on its way to the gate.

    The answer comes while what lies between runs, and nobody waits for it. It stands
    below what refuses a call by its address or host: what is asked has been counted.
    """

    sync_capable = True
    async_capable = False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Wrap the rest of the chain."""
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Ask about a call with one key, and pass on whatever it is."""
        asked = _ask(request)
        if asked is None:
            return self._get_response(request)
        request.META[_ASKED] = asked
        try:
            return self._get_response(request)
        finally:
            asked.drop()  # where it never came to the gate


class GateMiddleware:
    """Lets calls of the APIs in, says what is left, and has them recorded."""

    sync_capable = True
    async_capable = False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Wrap the rest of the chain."""
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer a call, or refuse it; pass anything else on."""
        if not request.path_info.startswith((PUBLIC, ACCOUNT)):
            return self._get_response(request)
        began, now = time.perf_counter(), timezone.now()
        identity, quota = _STRANGER, None
        response: HttpResponseBase
        address = client_address(request)
        try:
            admission = _admit(request, address, now)
            identity, quota = admission.identity, admission.quota
            request.META[ADMISSION] = admission
            response = _check_form(request) or self._get_response(request)
        except AppError as error:
            identity = getattr(error, "identity", identity)
            response = refusal_of(error)
        for name, value in quota_fields(quota).items():
            response.headers[name] = value
        recorder.add(
            Call(
                at=now,
                workspace_id=identity.workspace_id,
                key_id=identity.key_id,
                method=known_method(request.method),
                route=_route_of(request),
                status=response.status_code,
                ms=(time.perf_counter() - began) * 1000,
                bytes=_size_of(response),
                request_id=request.META.get("HTTP_X_REQUEST_ID", ""),
                ip=kept_of(address),
                crossed=0 if quota is None else quota.crossed,
            )
        )
        return response


def key_in(headers: Mapping[str, str]) -> str | None:
    """Return the key that a request carries, None where it carries none.

    Raises:
        KeyInvalidError: what it carries is no bearer token.
        KeysConflictError: it carries two that differ.
    """
    sent = headers.get("X-API-Key")
    authorization = headers.get("Authorization")
    if authorization is None:
        return sent
    scheme, _, token = authorization.strip().partition(" ")
    if scheme.lower() != "bearer":
        raise KeyInvalidError(
            "Send the key as 'Authorization: Bearer' with it, or as X-API-Key."
        )
    token = token.strip()
    if sent is not None and sent != token:
        raise KeysConflictError("Authorization and X-API-Key hold different keys.")
    return token


def scope_for(path: str, method: str) -> Scope:
    """Return the scope that a key needs for a call."""
    if path.startswith(ACCOUNT):
        return Scope.ACCOUNT_READ if method in SAFE else Scope.ACCOUNT_WRITE
    if method in SAFE:
        return Scope.READ
    if path == ASKING or path.startswith(ASKED):
        return Scope.RUNS_WRITE
    return Scope.PREDICTIONS_WRITE if path.startswith(PREDICTIONS) else Scope.RUNS_WRITE


def refusal_of(error: AppError) -> HttpResponse:
    """Return the problem of a failure at the gate, with the fields that go with it."""
    response = problem_of(error)
    if isinstance(error, KeyRefusedError):
        response["WWW-Authenticate"] = (
            f'{REALM}, error="invalid_token", error_description="{error}"'
        )
    elif isinstance(error, ScopeMissingError):
        response["WWW-Authenticate"] = (
            f'{REALM}, error="insufficient_scope", scope="{error.scope.value}"'
        )
    elif isinstance(error, RateLimitedError):
        response["Retry-After"] = str(max(1, error.quota.reset))
        for name, value in quota_fields(error.quota).items():
            response[name] = value
    return response


def quota_fields(quota: Quota | None) -> dict[str, str]:
    """Return `RateLimit-Policy` and `RateLimit`; nothing where there is no limit."""
    if quota is None:
        return {}
    return {
        "RateLimit-Policy": f'"default";q={quota.limit};w={quota.seconds}',
        "RateLimit": f'"default";r={quota.left};t={quota.reset}',
    }


def known_method(method: str | None) -> str:
    """Return a method as it is recorded: the client may have made up its own."""
    return method if method in _METHODS else "other"


def _ask(request: HttpRequest) -> Asked | None:
    if not request.path_info.startswith((PUBLIC, ACCOUNT)):
        return None
    try:
        key = key_in(request.headers)
    except AppError:
        return None  # the gate says why
    if key is None:
        return None
    return ask_ahead(key=key, address=client_address(request), now=timezone.now())


def _admit(request: HttpRequest, address: str, now: datetime) -> Admission:
    asked = request.META.get(_ASKED)
    key = key_in(request.headers)
    user_id = None
    if key is None and request.user.is_authenticated and request.user.is_active:
        user_id = request.user.pk
    caller = Caller(address, key, user_id)
    scope = scope_for(request.path_info, request.method or "")
    return admit(caller=caller, scope=scope, now=now, asked=asked)


def _check_form(request: HttpRequest) -> HttpResponse | None:
    """Refuse a write of a session that a page elsewhere may have sent.

    Endpoints of the public API stand outside of Django's own check, since a key needs
    none; the account API checks sessions itself.
    """
    if request.method in SAFE or not request.path_info.startswith(PUBLIC):
        return None
    if request.META[ADMISSION].identity.key_id or not request.user.is_authenticated:
        return None
    reason = _forms.find_fault(request)
    return problem(403, "csrf_failed", reason) if reason else None


class _Forms(CsrfViewMiddleware):
    """Django's check of forms, asked instead of being passed."""

    def find_fault(self, request: HttpRequest) -> str:
        """Return why the request may be forged, or nothing."""
        self.process_request(request)
        fault: Any = self.process_view(request, _nobody, (), {})
        return str(fault or "")

    def _reject(self, request: HttpRequest, reason: str) -> Any:
        return f"CSRF: {reason}"


def _size_of(response: HttpResponseBase) -> int:
    return len(response.content) if isinstance(response, HttpResponse) else 0


def _route_of(request: HttpRequest) -> str:
    """Return the address's template, the same for every object; never the address."""
    match = request.resolver_match
    if match is None:  # refused before Django looked for it
        try:
            match = resolve(request.path_info)
        except Http404:
            return "unknown"
    return _template_of(match.route)


@cache
def _template_of(route: str) -> str:
    written = _CONVERTER.sub(r"{\1}", route)
    return f"/{written}"[:MOST_ROUTE]


def _nobody(request: HttpRequest, /) -> HttpResponseBase:
    # Django wants somebody to pass requests on to, and a view to look at for its
    # exemption from the check: this is neither called nor exempt.
    raise RuntimeError(
        "The check of forms only gives its verdict; it passes nothing on."
    )


_forms = _Forms(_nobody)
