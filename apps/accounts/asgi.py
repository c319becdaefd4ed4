"""Sockets and streams of an operator who looks as another person."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any

from channels.db import database_sync_to_async
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from apps.accounts.selectors.impersonation import (
    SESSION_KEY,
    Impersonated,
    find_impersonated,
)

if TYPE_CHECKING:
    from datetime import datetime

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

ENDED = 4403


class AsImpersonated:
    """Puts the person in the operator's place, who listens and says nothing.

    Stands behind Channels' `AuthMiddlewareStack`. What a client says ends the
    connection, as does the end of the look.
    """

    def __init__(self, inner: Application) -> None:
        """Wrap a socket or a stream."""
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection, as the person's where the session says so."""
        sealed = await database_sync_to_async(scope["session"].get)(SESSION_KEY)
        if sealed is None:
            await self._inner(scope, receive, send)
            return
        now = timezone.now()
        found = await _find(sealed, scope, now)
        if found is None:
            await self._inner({**scope, "user": AnonymousUser()}, receive, send)
            return
        left = (found.flag.ends_at - now).total_seconds()
        await self._serve({**scope, "user": found.person}, receive, send, left)

    async def _serve(
        self, scope: Scope, receive: Receive, send: Send, left: float
    ) -> None:
        is_over = False

        async def listen() -> Message:
            nonlocal is_over
            message = await receive()
            if message["type"] == "websocket.receive":
                is_over = True
                return {"type": "websocket.disconnect", "code": ENDED}
            return message

        try:
            async with asyncio.timeout(left):
                await self._inner(scope, listen, send)
        except TimeoutError:
            is_over = True
        if is_over and scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": ENDED})


async def _find(sealed: object, scope: Scope, now: datetime) -> Impersonated | None:
    found: Impersonated | None = await database_sync_to_async(find_impersonated)(
        sealed, scope["user"], now
    )
    return found
