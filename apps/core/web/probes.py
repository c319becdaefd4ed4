"""For machines that watch: `/livez`, `/readyz` and `/metrics`."""

from __future__ import annotations

import ipaddress
from http import HTTPStatus
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.core.health import CheckResult, health_checks
from apps.core.metrics import render_metrics

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponseBase


@never_cache
@require_safe
def livez(request: HttpRequest) -> HttpResponse:
    """Say that this process answers; whether it can work is `readyz`'s matter."""
    return JsonResponse({"status": "alive"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Say whether every part works: 200, or 503 with the failed ones named."""
    results = health_checks.run(timezone.now())
    in_full = _may_read_details(request)
    failed = [result.name for result in results if not result.finding.ok]
    document = {
        "status": "not ready" if failed else "ready",
        "failed": failed,
        "checks": {result.name: _show(result, in_full=in_full) for result in results},
    }
    status = HTTPStatus.SERVICE_UNAVAILABLE if failed else HTTPStatus.OK
    return JsonResponse(document, status=status)


def _may_read_details(request: HttpRequest) -> bool:
    """Admit this host and the bearer of the token; no session is read for a probe.

    A driver's words name hosts, ports and users. Staff read them on the status page.
    """
    return _is_from_this_host(request) or _bears_token(request)


def _bears_token(request: HttpRequest) -> bool:
    token: str = settings.METRICS_TOKEN
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if not token or scheme.lower() != "bearer":
        return False
    return constant_time_compare(given.strip().encode(), token.encode())


def _show(result: CheckResult, *, in_full: bool) -> dict[str, object]:
    shown: dict[str, object] = {
        "ok": result.finding.ok,
        "detail": result.finding.detail,
        "latency_ms": round(result.latency_ms, 2),
    }
    if not in_full:
        return shown | {"detail": "well" if result.finding.ok else "does not answer"}
    return shown | ({"advice": result.finding.advice} if result.finding.advice else {})


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Show the metrics to whoever may read them."""
    if not may_read_metrics(request):
        return HttpResponse(
            "Send METRICS_TOKEN as a bearer token, or sign in as staff.\n",
            status=HTTPStatus.FORBIDDEN,
            content_type="text/plain",
        )
    return HttpResponse(
        render_metrics(), content_type="text/plain; version=0.0.4; charset=utf-8"
    )


def may_read_metrics(request: HttpRequest) -> bool:
    """Admit the bearer of the token, staff, and this host where no token is set."""
    if _bears_token(request):
        return True
    if not settings.METRICS_TOKEN and _is_from_this_host(request):
        return True
    return request.user.is_active and request.user.is_staff


def _is_from_this_host(request: HttpRequest) -> bool:
    # A proxy on this host brings in the outside world.
    if "Forwarded" in request.headers or "X-Forwarded-For" in request.headers:
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


PROBES = {"/livez": livez, "/readyz": readyz}


class ProbeMiddleware:
    """Answers the probes before hosts, redirects and sessions are looked at.

    A load balancer calls by address and without TLS, and a probe must tell of a
    database that is gone rather than fail on the session in it.
    """

    sync_capable = True
    async_capable = False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Wrap the rest of the service."""
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer a probe, or pass the request on."""
        probe = PROBES.get(request.path_info)
        return probe(request) if probe else self._get_response(request)
