"""Polymarket's market WebSocket: subscriptions, `PING`, and what a test pushes."""

from __future__ import annotations

import asyncio
import json
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fakes.venue_polymarket import FakePolymarket

    Send = Callable[[dict[str, Any]], Any]
    Receive = Callable[[], Any]

_CLOSE: None = None


@dataclass(eq=False, slots=True)
class Connection:
    """One client, with what it subscribed to and what waits to be sent."""

    assets: list[str] = field(default_factory=list)
    waiting: asyncio.Queue[str | None] = field(default_factory=asyncio.Queue)


@dataclass(slots=True)
class FakeStream:
    """Every connection. `is_mute` has it say nothing at all, not even `PONG`.

    `subscribed` is released with each subscription, for tests to wait on.
    """

    is_mute: bool = False
    refuses: bool = False
    loop: asyncio.AbstractEventLoop | None = None
    connections: list[Connection] = field(default_factory=list)
    subscriptions: list[list[str]] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)  # as they came
    pings: int = 0
    subscribed: threading.Semaphore = field(
        default_factory=lambda: threading.Semaphore(0)
    )

    def push(self, event: object, *, as_array: bool = False) -> None:
        """Send an event, or several as an array, to every connection."""
        text = event if isinstance(event, str) else json.dumps(event)
        self._tell(f"[{text}]" if as_array else text)

    def drop(self) -> None:
        """Close every connection, as servers do now and then."""
        self._tell(_CLOSE)

    def _tell(self, text: str | None) -> None:
        assert self.loop is not None, "the server is not started"
        for connection in list(self.connections):
            self.loop.call_soon_threadsafe(connection.waiting.put_nowait, text)

    async def serve(self, receive: Receive, send: Send, told: FakePolymarket) -> None:
        await receive()
        if self.refuses:
            await send({"type": "websocket.close", "code": 1013})
            return
        await send({"type": "websocket.accept"})
        connection = Connection()
        self.connections.append(connection)
        hearing = asyncio.create_task(self._hear(connection, receive, told))
        sending = asyncio.create_task(self._send(connection, send))
        try:
            await asyncio.wait({hearing, sending}, return_when="FIRST_COMPLETED")
        finally:
            self.connections.remove(connection)
            hearing.cancel()
            sending.cancel()

    async def _hear(
        self, connection: Connection, receive: Receive, told: FakePolymarket
    ) -> None:
        while True:
            event = await receive()
            if event["type"] == "websocket.disconnect":
                return
            text = event.get("text") or ""
            if text == "PING":
                self.pings += 1
                if not self.is_mute:
                    connection.waiting.put_nowait("PONG")
                continue
            self.asked.append(json.loads(text))
            assets = self.asked[-1]["assets_ids"]
            connection.assets += assets
            self.subscriptions.append(assets)
            self.subscribed.release()
            known = [told.by_token[one] for one in assets if one in told.by_token]
            books = [{"event_type": "book", **market.book()} for market in known]
            if books and not self.is_mute:
                connection.waiting.put_nowait(json.dumps(books))

    async def _send(self, connection: Connection, send: Send) -> None:
        while (text := await connection.waiting.get()) is not _CLOSE:
            await send({"type": "websocket.send", "text": text})
        await send({"type": "websocket.close", "code": 1001})
