"""The gate for connections that Django does not see: event streams, as plain ASGI."""

from __future__ import annotations

import time
from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.http.request import HttpHeaders
from django.utils import timezone

from apps.accounts.domain.addresses import kept_of
from apps.accounts.domain.admission import Caller, Identity
from apps.accounts.domain.calls import Call
from apps.accounts.domain.tiers import EVERYTHING
from apps.accounts.selectors.workspaces import ANONYMOUS, Viewer, get_viewer
from apps.accounts.services.admission import (
    admit,
    admit_again,
    entitlements_of_person,
)
from apps.accounts.services.usage import recorder
from apps.accounts.viewers import viewer_of_key, viewer_still
from apps.accounts.web.gate import (
    key_in,
    known_method,
    quota_fields,
    refusal_of,
    scope_for,
)
from apps.core.errors import AppError
from apps.core.web.addresses import addresses_in_scope
from apps.core.web.cors import cors_headers
from apps.core.web.observe import safe_request_id
from apps.core.web.problems import problem

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from apps.accounts.domain.admission import Admission
    from apps.accounts.domain.tiers import Entitlement

Scope = MutableMapping[str, Any]
READS = ("GET", "HEAD")


@dataclass(frozen=True, slots=True)
class Door:
    """What the gate says to one connection.

    `refusal` is the answer where it stays shut; `fields` go with whatever is answered.
    """

    viewer: Viewer
    refusal: HttpResponse | None
    fields: Mapping[str, str]


def open_door(scope: Scope, *, route: str, needs: Entitlement) -> Door:
    """Let a connection in that only reads, count it and have it recorded.

    Whoever asks must be entitled to `needs`. It asks Redis, and the database for
    whoever is signed in.
    """
    headers, method = _headers_of(scope), str(scope.get("method", "GET"))
    asked = headers.get("Access-Control-Request-Method", "")
    is_preflight = method == "OPTIONS" and bool(asked)
    fields = cors_headers(
        path=str(scope.get("path", "")),
        method=method,
        origin=headers.get("Origin", ""),
        asked_method=asked if is_preflight else "",
    )
    if is_preflight:
        return Door(ANONYMOUS, HttpResponse(status=204), fields)
    if method not in READS:
        shut = problem(405, "method_not_allowed", "This address is only read.")
        return Door(ANONYMOUS, shut, fields)
    return _count(scope, headers, route, needs, fields)


def _count(
    scope: Scope,
    headers: HttpHeaders,
    route: str,
    needs: Entitlement,
    fields: Mapping[str, str],
) -> Door:
    began, now = time.perf_counter(), timezone.now()
    method = str(scope.get("method", "GET"))
    identity, viewer, refusal, quota = Identity(), ANONYMOUS, None, None
    try:
        caller, needed = _caller(scope, headers), scope_for(route, method)
        admission = admit(caller=caller, scope=needed, now=now)
        identity, quota = admission.identity, admission.quota
        viewer = _viewer(scope, admission, needs, now)
    except AppError as error:
        identity = getattr(error, "identity", identity)
        refusal = refusal_of(error)
    recorder.add(
        Call(
            at=now,
            workspace_id=identity.workspace_id,
            key_id=identity.key_id,
            method=known_method(method),
            route=route,
            status=200 if refusal is None else refusal.status_code,
            ms=(time.perf_counter() - began) * 1000,
            bytes=0,
            request_id=safe_request_id(headers.get("X-Request-ID", "")),
            ip=kept_of(addresses_in_scope(scope)),
            crossed=0 if quota is None else quota.crossed,
        )
    )
    return Door(viewer, refusal, {**fields, **quota_fields(quota)})


def look_again(scope: Scope, *, route: str, needs: Entitlement) -> Viewer:
    """Return the viewer of a connection that was let in, as they are by now.

    Raises:
        EntitlementError: they are not entitled to `needs` any more.
        KeyRefusedError: the key opens nothing any more.
        ScopeMissingError: the key is no longer for this.
        UnauthenticatedError: whoever connected is not signed in any more.
    """
    headers, now = _headers_of(scope), timezone.now()
    caller = _caller(scope, headers)
    if caller.key is not None:
        needed = scope_for(route, str(scope.get("method", "GET")))
        admission = admit_again(caller=caller, scope=needed, now=now)
        admission.entitlements.require(needs)
        return viewer_of_key(admission)
    viewer = viewer_still(scope, now)
    if not viewer.is_staff:
        entitlements_of_person(viewer.user_id, now).require(needs)
    return viewer


def _viewer(
    scope: Scope, admission: Admission, needs: Entitlement, now: datetime
) -> Viewer:
    if admission.identity.key_id is not None:
        admission.entitlements.require(needs)
        return viewer_of_key(admission)
    viewer = get_viewer(scope["user"], now)
    entitled = EVERYTHING if viewer.is_staff else admission.entitlements
    entitled.require(needs)
    return viewer


def _headers_of(scope: Scope) -> HttpHeaders:
    """Return the headers as Django reads them."""
    found: dict[str, str] = {}
    for name, value in scope.get("headers", ()):
        field = f"HTTP_{name.decode('latin-1').upper().replace('-', '_')}"
        text = value.decode("latin-1")
        found[field] = f"{found[field]},{text}" if field in found else text
    return HttpHeaders(found)


def _caller(scope: Scope, headers: HttpHeaders) -> Caller:
    key, user = key_in(headers), scope["user"]
    is_person = key is None and user.is_authenticated and user.is_active
    return Caller(addresses_in_scope(scope), key, user.pk if is_person else None)
