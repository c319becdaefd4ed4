"""WebSockets that say what moved.

A connection asks the database whether it may watch and what holds now; what follows
comes from the process's hub and touches neither the database nor a thread. What not
everybody may see is the exception: while something is sent, it is asked again.
These are plain ASGI applications and no Channels consumers, whose dispatch makes a
hop to a thread for each message: Channels routes to them and says who connects.
"""

from __future__ import annotations

import asyncio
import json
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from channels.db import database_sync_to_async
from django.utils import timezone

from apps.accounts.consumers.connections import (
    PAUSE_SECONDS,
    SLOW_SECONDS,
    Looks,
    Receive,
    Scope,
    Send,
    run_while_connected,
    viewer_of,
)
from apps.accounts.selectors.workspaces import ANONYMOUS
from apps.accounts.viewers import viewer_still
from apps.core.errors import NotFoundError, UnauthenticatedError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from typing import TypeAlias

    from apps.accounts.selectors.workspaces import Viewer
    from apps.core.hub import Frame, Hub, Watcher

    Again: TypeAlias = Callable[[], Awaitable[Frame]]

NOT_SIGNED_IN = 4403
NOT_FOUND = 4404
TRY_LATER = 1013
PING_SECONDS = 25.0
HINT_SECONDS = 2.0
# A page takes a server less than this; so many come one after the other, not at once.
SPREAD_MS = 50
LONGEST_SPREAD_MS = 300_000
PING = '{"ping":true}'


class LiveSocket(ABC):
    """Relays one topic to each client, and drops a client that does not read."""

    def __init__(self, hub: Hub, *, patience: float = SLOW_SECONDS) -> None:
        """Take frames from this hub; wait `patience` seconds for a client to read."""
        self._hub = hub
        self._patience = patience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection until the client leaves."""
        await receive()  # websocket.connect
        # Accepted before it may be refused: a browser hides why it was not let in.
        await send({"type": "websocket.accept"})
        work = self._serve(scope, send)
        await run_while_connected(work, receive, "websocket.disconnect")

    @abstractmethod
    async def read_first(self, viewer: Viewer, scope: Scope) -> Frame:
        """Return the present state of what the address names.

        Raises:
            NotFoundError: there is nothing, or this viewer may not see it.
        """

    async def find_topics(self, viewer: Viewer, scope: Scope) -> tuple[str, ...]:
        """Return what is listened to; raises as `read_first` does."""
        return ((await self.read_first(viewer, scope)).topic,)

    async def follow(
        self, watcher: Watcher, scope: Scope, first: Frame, again: Again | None
    ) -> AsyncIterator[tuple[Frame, ...]]:
        """Yield what is to be told after the `first` frame: here, what is published.

        An empty tuple is a sign of life. `again` reads for whoever is there still; it
        is None for what everybody may see.
        """
        del scope, first
        looks = Looks(again)
        batches = watcher.batches(pause=PAUSE_SECONDS, heartbeat=PING_SECONDS)
        async for frames in batches:
            await looks.take()
            yield frames

    async def _serve(self, scope: Scope, send: Send) -> None:
        try:
            viewer = await viewer_of(scope)
            topics = await self.find_topics(viewer, scope)
            async with self._hub.watch(*topics) as watcher:
                # Read after the watch began: nothing falls between the two. A page
                # that was rendered before compares it with what it shows.
                first = await self.read_first(viewer, scope)
                spread = spread_of(self._hub.watchers)
                text = encode_frame(first, is_first=True, spread=spread)
                await self._tell(send, [text])
                again = await self._ask_again(viewer, scope)
                async for frames in self.follow(watcher, scope, first, again):
                    spread = spread_of(self._hub.watchers)
                    texts = [encode_frame(one, spread=spread) for one in frames]
                    await self._tell(send, texts or [PING])
        except UnauthenticatedError:
            await send({"type": "websocket.close", "code": NOT_SIGNED_IN})
        except NotFoundError:
            await send({"type": "websocket.close", "code": NOT_FOUND})
        except UnavailableError:
            await send({"type": "websocket.close", "code": TRY_LATER})
        except TimeoutError:
            return  # the client does not read; the server cuts its line

    async def _ask_again(self, viewer: Viewer, scope: Scope) -> Again | None:
        """Return what reads this while it may be seen; None if it is public."""
        try:
            if viewer != ANONYMOUS:
                await self.read_first(ANONYMOUS, scope)
        except NotFoundError:
            look = database_sync_to_async(viewer_still)
        else:
            return None

        async def ask() -> Frame:
            return await self.read_first(await look(scope, timezone.now()), scope)

        return ask

    async def _tell(self, send: Send, texts: list[str]) -> None:
        async with asyncio.timeout(self._patience):
            for text in texts:
                await send({"type": "websocket.send", "text": text})


class HintedSocket(LiveSocket):
    """Takes what is published as a hint: reads anew, and tells what differs.

    For what a frame cannot say to everybody. However fast hints come, a connection
    costs the database one reading in `HINT_SECONDS`.
    """

    async def follow(
        self, watcher: Watcher, scope: Scope, first: Frame, again: Again | None
    ) -> AsyncIterator[tuple[Frame, ...]]:
        """Yield the state where it differs from what was told last."""
        told = first
        batches = watcher.batches(pause=HINT_SECONDS, heartbeat=PING_SECONDS)
        async for hints in batches:
            found = told
            if again is not None:
                found = await again()
            elif hints:
                found = await self.read_first(ANONYMOUS, scope)
            yield () if found == told else (found,)
            told = found


def spread_of(watchers: int) -> int:
    """Return within how many milliseconds all who watch may ask for the page anew."""
    return min((watchers - 1) * SPREAD_MS, LONGEST_SPREAD_MS)


def encode_frame(frame: Frame, *, is_first: bool = False, spread: int = 0) -> str:
    """Write a frame for a page; `missed` asks it to read its state afresh."""
    parts: dict[str, object] = {
        "topic": frame.topic,
        "first": is_first,
        "missed": not frame.data,
        "spread": spread,
    }
    told = json.dumps({name: part for name, part in parts.items() if part})
    # What was published is JSON already.
    return f'{told[:-1]},"data":{frame.data}}}' if frame.data else told
