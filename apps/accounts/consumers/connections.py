"""What event streams and sockets have in common."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, MutableMapping
from typing import Any

from channels.db import database_sync_to_async
from django.utils import timezone

from apps.accounts.selectors.workspaces import Viewer, get_viewer

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

LOOK_SECONDS = 1.0  # how long what is private is sent on what was allowed before
PAUSE_SECONDS = 0.25  # between frames for one client
SLOW_SECONDS = 10.0  # after which a client that does not read is dropped


class Looks:
    """Asks, while something is sent, whether who watches may still see it.

    `ask` raises where they may not. What everybody may see needs none.
    """

    def __init__(self, ask: Callable[[], Awaitable[object]] | None) -> None:
        """Count from now, when the connection was let in."""
        self._ask = ask
        self._taken_at = time.monotonic()

    async def take(self) -> None:
        """Ask, unless it was done a moment ago."""
        if self._ask is None or time.monotonic() < self._taken_at + LOOK_SECONDS:
            return
        await self._ask()
        self._taken_at = time.monotonic()


async def viewer_of(scope: Scope) -> Viewer:
    """Return the viewer behind a connection that Channels authenticated."""
    viewer: Viewer = await database_sync_to_async(get_viewer)(
        scope["user"], timezone.now()
    )
    return viewer


async def run_while_connected(
    work: Coroutine[Any, Any, None], receive: Receive, farewell: str
) -> None:
    """Do the work until it ends or the client leaves with a `farewell` message."""
    working = asyncio.create_task(work)
    leaving = asyncio.create_task(_await_message(receive, farewell))
    tasks = {working, leaving}
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finished = working.done()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    if finished:
        working.result()


async def _await_message(receive: Receive, kind: str) -> None:
    """Read and drop what the client says: it has no orders to give."""
    while (await receive())["type"] != kind:
        pass
