"""What a process does before it ends in order, whoever serves it."""

from __future__ import annotations

import asyncio
import atexit
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    Scope = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
    Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_last_acts: list[Callable[[], None]] = []


def before_end(act: Callable[[], None]) -> None:
    """Have something done once before the process ends; doing it twice must be safe.

    An ASGI server says when it stops, and may then end by a signal, past `atexit`.
    """
    _last_acts.append(act)
    atexit.register(act)


class Lifespan:
    """The ASGI application that hears of the start and the end of its server."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Do the last acts when the server stops."""
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            else:
                for act in _last_acts:
                    await asyncio.to_thread(act)
                await send({"type": "lifespan.shutdown.complete"})
                return
