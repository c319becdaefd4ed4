"""Polymarket's market WebSocket: what moves, as it moves.

Limits: 500 tokens a connection; the server closes one that sends no `PING` for long.
"""

from __future__ import annotations

import asyncio
import json
import random
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from apps.core.backoff import RetryPolicy
from apps.markets.domain.payloads import PayloadError
from apps.markets.domain.polymarket_stream import QuoteHint, StreamReader, TickHint
from apps.markets.gateways.answers import read_clock

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence
    from datetime import datetime

    from apps.markets.domain.polymarket_stream import Hint

STREAM_URL = "wss://ws-subscriptions-clob.polymarket.com/ws/market"
MOST_TOKENS = 500
PING_SECONDS = 10.0
# A connection on which not even a `PONG` arrives is dead.
SILENCE_SECONDS = 30.0
# Books of five hundred tokens come in one frame.
_MOST_BYTES = 32 * 1024 * 1024
# Hints that wait for the reader; beyond it the connections wait.
_WAITING = 10_000
# Pauses from one second to one minute, for ever.
_POLICY = RetryPolicy(base_seconds=1.0, cap_seconds=60.0)
_STEPS = 6

logger = structlog.get_logger(__name__)


class PolymarketStream:
    """Follows tokens until it is told to stop, through every broken connection."""

    def __init__(
        self,
        *,
        url: str = STREAM_URL,
        clock: Callable[[], datetime] = read_clock,
        ping_seconds: float = PING_SECONDS,
        silence_seconds: float = SILENCE_SECONDS,
        policy: RetryPolicy = _POLICY,
    ) -> None:
        """Take the address; nothing is opened before somebody follows."""
        self._url = url
        self._clock = clock
        self._ping_seconds = ping_seconds
        self._silence_seconds = silence_seconds
        self._policy = policy

    async def follow(self, token_ids: Sequence[str]) -> AsyncGenerator[Hint, None]:
        """Yield what is said of these tokens, for as long as the caller asks.

        A connection that breaks is made again after a pause, and subscribes again:
        its first frame then has the books as they are. What happened in between is
        not made up.
        """
        waiting: asyncio.Queue[Hint] = asyncio.Queue(_WAITING)
        tasks = [
            asyncio.create_task(self._keep(token_ids[at : at + MOST_TOKENS], waiting))
            for at in range(0, len(token_ids), MOST_TOKENS)
        ]
        try:
            while tasks:
                yield await _next(waiting, tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _keep(self, tokens: Sequence[str], waiting: asyncio.Queue[Hint]) -> None:
        line = _Line(frozenset(tokens))
        while True:
            try:
                await self._listen(line, waiting)
            except (OSError, TimeoutError, WebSocketException) as error:
                reason = str(error) or type(error).__name__
                logger.warning("stream_broken", venue="polymarket", reason=reason)
            pause = self._policy.choose_pause(
                retry=min(line.retry, _STEPS),
                draw=random.random(),  # noqa: S311
                spent_seconds=0.0,
            )
            line.retry += 1
            await asyncio.sleep(pause or 0.0)

    async def _listen(self, line: _Line, waiting: asyncio.Queue[Hint]) -> None:
        reader = StreamReader()
        async with connect(
            self._url, ping_interval=None, max_size=_MOST_BYTES
        ) as connection:
            await connection.send(_subscribe(line.tokens))
            pinging = asyncio.create_task(self._ping(connection))
            try:
                while True:
                    async with asyncio.timeout(self._silence_seconds):
                        frame = await connection.recv()
                    line.retry = 0
                    for hint in self._read(reader, frame, line.tokens):
                        await waiting.put(hint)
            finally:
                pinging.cancel()

    def _read(
        self, reader: StreamReader, frame: str | bytes, tokens: frozenset[str]
    ) -> list[Hint]:
        """Read a frame; one that cannot be read is left out, and said so."""
        if frame == "PONG":
            return []
        try:
            hints = reader.read(frame, now=self._clock())
        except PayloadError as error:
            logger.warning("frame_unreadable", venue="polymarket", reason=str(error))
            return []
        # A change of one token tells of its opposite as well.
        return [one for one in hints if _is_about(one, tokens)]

    async def _ping(self, connection: ClientConnection) -> None:
        with suppress(WebSocketException):  # whoever listens meets the same
            while True:
                await asyncio.sleep(self._ping_seconds)
                await connection.send("PING")


@dataclass(slots=True)
class _Line:
    """One connection's tokens, and how often it broke since it was last heard."""

    tokens: frozenset[str]
    retry: int = 0


def _subscribe(tokens: frozenset[str]) -> str:
    """Ask for tokens, and for the events that are sent only to who asks."""
    asked = {
        "assets_ids": sorted(tokens),
        "type": "market",
        "custom_feature_enabled": True,
    }
    return json.dumps(asked)


def _is_about(hint: Hint, tokens: frozenset[str]) -> bool:
    if isinstance(hint, QuoteHint | TickHint):
        return hint.token_id in tokens
    return not tokens.isdisjoint(hint.token_ids)


async def _next(
    waiting: asyncio.Queue[Hint], tasks: Sequence[asyncio.Task[None]]
) -> Hint:
    """Return the next hint; a connection that ended has met a bug, and raises it."""
    with suppress(asyncio.QueueEmpty):
        return waiting.get_nowait()
    getting = asyncio.ensure_future(waiting.get())
    try:
        await asyncio.wait({getting, *tasks}, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            if task.done():
                task.result()
        return await getting
    finally:
        getting.cancel()
