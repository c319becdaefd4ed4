from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from apps.core.jobs import enqueue

if TYPE_CHECKING:
    from django.urls import URLPattern, URLResolver


def ask(request: HttpRequest) -> HttpResponse:
    enqueue("probe.note", word=request.GET["word"])
    return HttpResponse("asked")


def crash(_request: HttpRequest) -> HttpResponse:
    answer = 1
    return HttpResponse(str(answer / 0))


urlpatterns: list[URLPattern | URLResolver] = [
    path("probe/ask", ask),
    path("probe/crash", crash),
    path("", include("config.urls")),
]
