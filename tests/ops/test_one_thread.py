from __future__ import annotations

import traceback
from http import HTTPStatus
from typing import Any

from asgiref.testing import ApplicationCommunicator
from django.http import HttpRequest, JsonResponse
from django.test import override_settings
from django.urls import path

from apps.core.web.pages import Pages

PATIENCE = 20


def show(request: HttpRequest) -> JsonResponse:
    """Return what was posted, and what called this view."""
    callers = [frame.f_code.co_name for frame, _ in traceback.walk_stack(None)]
    return JsonResponse({"posted": request.body.decode(), "callers": callers})


urlpatterns = [path("show", show)]


async def get(address: str) -> tuple[int, dict[str, str], bytes]:
    scope = {"type": "http", "method": "GET", "path": address, "headers": []}
    talk: Any = ApplicationCommunicator(Pages(), scope)  # type: ignore[no-untyped-call]
    await talk.send_input({"type": "http.request", "body": b"a body"})
    start, body = [await talk.receive_output(PATIENCE) for _ in range(2)]
    said = {name.decode(): text.decode() for name, text in start["headers"]}
    return start["status"], said, body["body"]


@override_settings(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"])
async def test_middleware_calls_the_view_without_a_way_through_the_event_loop() -> None:
    status, said, body = await get("/show")
    assert status == HTTPStatus.OK
    assert said["X-Request-ID"]
    assert b"a body" in body
    assert b"run_until_future" not in body


@override_settings(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"])
async def test_an_address_that_leads_nowhere_is_answered_in_the_same_way() -> None:
    status, said, _ = await get("/nowhere")
    assert status == HTTPStatus.NOT_FOUND
    assert said["X-Request-ID"]
