"""Fan live frames out inside one process: one Redis subscription, many watchers.

A watcher costs a dictionary and an event. Frames are states, so only the newest of
each topic is kept for a watcher who is slow: what waits for one connection is bounded
by the number of topics that it watches.
"""

from __future__ import annotations

import asyncio
import random
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from apps.core.errors import UnavailableError
from apps.core.live import CHANNEL_PREFIX

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from redis.asyncio.client import PubSub

logger = structlog.get_logger(__name__)

_POLL_SECONDS = 15.0  # between looks at whether the server is still there
_LONGEST_DELAY_SECONDS = 5.0
_START_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Frame:
    """The newest state of one topic: `data` is a JSON object, as it was published.

    `data` is empty where frames may have been missed: read the state afresh.
    """

    topic: str
    data: str


class Watcher:
    """The newest frame of each topic that one connection has not been sent yet."""

    def __init__(self, topics: frozenset[str]) -> None:
        """Watch exactly these topics."""
        self.topics = topics
        self._pending: dict[str, Frame] = {}
        self._changed = asyncio.Event()

    def offer(self, frame: Frame) -> None:
        """Keep a frame in place of an older one of its topic."""
        self._pending[frame.topic] = frame
        self._changed.set()

    async def batches(
        self, *, pause: float, heartbeat: float
    ) -> AsyncIterator[tuple[Frame, ...]]:
        """Yield what is new, at most every `pause` seconds.

        An empty tuple comes after `heartbeat` seconds in which nothing moved.
        """
        while True:
            try:
                async with asyncio.timeout(heartbeat):
                    await self._changed.wait()
            except TimeoutError:
                yield ()
                continue
            self._changed.clear()
            frames = tuple(self._pending.values())
            self._pending.clear()
            yield frames
            await asyncio.sleep(pause)


class Hub:
    """Keeps the process's watchers and, while there are any, one subscription.

    One event loop uses it at a time. When Redis goes away it is asked again and
    again; every watcher is then told that frames may have been missed.
    """

    def __init__(self, url: str, *, max_watchers: int = 10_000) -> None:
        """Prepare; nothing is opened before the first watcher comes."""
        self._url = url
        self._max_watchers = max_watchers
        self._watchers: dict[str, set[Watcher]] = {}
        self._count = 0
        self._reader: asyncio.Task[None] | None = None
        self._listening = asyncio.Event()

    @property
    def watchers(self) -> int:
        """How many connections watch."""
        return self._count

    @asynccontextmanager
    async def watch(self, *topics: str) -> AsyncIterator[Watcher]:
        """Watch these topics while the block runs.

        What is published after the block begins will be seen, unless Redis is down.

        Raises:
            UnavailableError: the process has as many watchers as it will take.
        """
        if self._count >= self._max_watchers:
            raise UnavailableError("Too many live connections; try again later.")
        watcher = Watcher(frozenset(topics))
        self._add(watcher)
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(_START_SECONDS):
                    await self._listening.wait()
            yield watcher
        finally:
            await self._remove(watcher)

    def _add(self, watcher: Watcher) -> None:
        self._count += 1
        for topic in watcher.topics:
            self._watchers.setdefault(topic, set()).add(watcher)
        if self._reader is None:
            self._listening = asyncio.Event()
            self._reader = asyncio.create_task(self._read_forever())

    async def _remove(self, watcher: Watcher) -> None:
        self._count -= 1
        for topic in watcher.topics:
            watchers = self._watchers[topic]
            watchers.discard(watcher)
            if not watchers:
                del self._watchers[topic]
        if self._count == 0 and self._reader is not None:
            reader, self._reader = self._reader, None
            reader.cancel()
            await asyncio.gather(reader, return_exceptions=True)

    async def _read_forever(self) -> None:
        """Read until cancelled, coming back after each failure a little later."""
        failures = 0
        while True:
            try:
                async with self._subscription() as subscription:
                    if failures:
                        self._tell_all_to_read_afresh()
                    failures = 0
                    self._listening.set()
                    await self._read(subscription)
            except (RedisError, OSError) as error:
                self._listening.clear()
                if not failures:
                    logger.warning("live_hub_disconnected", error=str(error))
                failures += 1
            longest = min(_LONGEST_DELAY_SECONDS, 0.25 * 2**failures)
            await asyncio.sleep(longest * random.uniform(0.5, 1))  # noqa: S311

    @asynccontextmanager
    async def _subscription(self) -> AsyncIterator[PubSub]:
        # No retries inside the client: it would subscribe again in silence, and the
        # watchers would never learn of the gap.
        client = Redis.from_url(
            self._url,
            socket_connect_timeout=2.0,
            health_check_interval=_POLL_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
        async with client, client.pubsub() as subscription:
            await subscription.psubscribe(f"{CHANNEL_PREFIX}*")
            await subscription.get_message(timeout=2.0)  # the server's consent
            yield subscription

    async def _read(self, subscription: PubSub) -> None:
        while True:
            message = await subscription.get_message(
                ignore_subscribe_messages=True, timeout=_POLL_SECONDS
            )
            if message is not None:
                topic = message["channel"].decode().removeprefix(CHANNEL_PREFIX)
                self._deliver(Frame(topic, message["data"].decode(errors="replace")))

    def _deliver(self, frame: Frame) -> None:
        for watcher in self._watchers.get(frame.topic, ()):
            watcher.offer(frame)

    def _tell_all_to_read_afresh(self) -> None:
        for topic in self._watchers:
            self._deliver(Frame(topic, ""))
