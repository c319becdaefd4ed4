"""The `Idempotency-Key` field, for any endpoint that makes something."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse

from apps.accounts.domain.idempotency import (
    HEADER,
    REPLAYED_HEADER,
    fingerprint,
    read_key,
)
from apps.accounts.services.idempotency import Answer, answer_once

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from uuid import UUID

    from django.http import HttpRequest


def respond_once(
    request: HttpRequest,
    *,
    workspace_id: UUID,
    now: datetime,
    act: Callable[[], Answer],
) -> HttpResponse:
    """Answer a request that may be sent twice: with a key it is done once in a day.

    Raises:
        IdempotencyBusyError: the first request of the key is still under way.
        IdempotencyMismatchError: the key was used for another request.
        InvalidInputError: what is sent is no key.
    """
    header = request.headers.get(HEADER)
    if header is None:
        return _render(act())
    answer = answer_once(
        workspace_id=workspace_id,
        key=read_key(header),
        fingerprint=fingerprint(request.method or "", request.path, request.body),
        now=now,
        act=act,
    )
    return _render(answer)


def _render(answer: Answer) -> HttpResponse:
    response = HttpResponse(
        answer.body, status=answer.status, content_type="application/json"
    )
    for name, value in answer.headers.items():
        response[name] = value
    if answer.is_replayed:
        response[REPLAYED_HEADER] = "true"
    return response
