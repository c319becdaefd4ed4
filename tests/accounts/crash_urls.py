"""The service's addresses, and one that crashes with a key in its hands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import path

from config.urls import handler400, handler403, handler404, handler500
from config.urls import urlpatterns as own

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


def crash(request: HttpRequest) -> HttpResponse:
    sent = request.headers.get("Authorization", "")
    carried = {"headers": dict(request.headers), "sent": [sent]}
    raise RuntimeError(f"it broke with {len(carried)} things")


urlpatterns = [path("api/v1/crash", crash), *own]
