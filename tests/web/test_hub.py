from __future__ import annotations

import asyncio
import json
import shutil
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from django.conf import settings

from apps.core.errors import UnavailableError
from apps.core.hub import Frame, Hub, Watcher
from apps.core.live import Publisher, publish
from apps.core.servers.valkey import Valkey
from tests.embedded import new_folder

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from apps.core.servers.child import Child

PATIENCE = 10.0


class Broker:
    """A Valkey of this test's own, which it may kill."""

    def __init__(self, folder: Path) -> None:
        self._server = Valkey(
            folder / "kv", folder / "run", folder / "kv.log", durable=False
        )
        self._child: Child | None = None
        self.url = self._server.url()

    def start(self) -> None:
        self._server.prepare()
        self._child = self._server.start()
        self._server.await_ready(self._child)

    def stop(self) -> None:
        if self._child is not None:
            self._child.stop()
            self._child = None


@pytest.fixture
def broker() -> Iterator[Broker]:
    folder = new_folder()
    server = Broker(folder)
    server.start()
    yield server
    server.stop()
    shutil.rmtree(folder)


@asynccontextmanager
async def batches(watcher: Watcher) -> AsyncIterator[AsyncIterator[tuple[Frame, ...]]]:
    async with asyncio.timeout(PATIENCE):
        yield watcher.batches(pause=0.01, heartbeat=PATIENCE)


async def test_a_frame_reaches_those_who_watch_its_topic_and_no_others() -> None:
    hub = Hub(settings.REDIS_URL)
    async with hub.watch("run:1") as one, hub.watch("run:2") as other:
        await asyncio.to_thread(publish, "run:1", {"done": 3})
        async with batches(one) as frames:
            (frame,) = await anext(frames)
        assert (frame.topic, json.loads(frame.data)) == ("run:1", {"done": 3})
        quiet = other.batches(pause=0, heartbeat=0.05)
        assert await anext(quiet) == ()


async def test_a_slow_watcher_keeps_only_the_newest_frame_of_each_topic() -> None:
    watcher = Watcher(frozenset({"a", "b"}))
    for n in range(1000):
        watcher.offer(Frame("a", str(n)))
        watcher.offer(Frame("b", str(-n)))
    async with batches(watcher) as frames:
        assert await anext(frames) == (Frame("a", "999"), Frame("b", "-999"))


async def test_the_hub_lets_go_of_redis_with_its_last_watcher() -> None:
    hub = Hub(settings.REDIS_URL)
    tasks = asyncio.all_tasks()
    async with hub.watch("a"), hub.watch("a"):
        assert hub.watchers == 2
        assert len(asyncio.all_tasks()) == len(tasks) + 1
    assert hub.watchers == 0
    assert asyncio.all_tasks() == tasks


async def test_the_hub_takes_no_more_watchers_than_it_can_serve() -> None:
    hub = Hub(settings.REDIS_URL, max_watchers=1)
    async with hub.watch("a"):
        with pytest.raises(UnavailableError):
            async with hub.watch("b"):
                pass
    async with hub.watch("b"):
        assert hub.watchers == 1


async def test_watchers_outlive_redis_and_are_told_to_read_afresh(
    broker: Broker,
) -> None:
    hub = Hub(broker.url)
    publisher = Publisher(broker.url)
    async with hub.watch("run:1") as watcher, batches(watcher) as frames:
        broker.stop()
        await asyncio.sleep(0.1)
        broker.start()
        assert await anext(frames) == (Frame("run:1", ""),)
        publisher.publish("run:1", {"done": 1})
        assert await anext(frames) == (Frame("run:1", '{"done":1}'),)


async def test_one_may_begin_to_watch_while_redis_is_down(broker: Broker) -> None:
    broker.stop()
    hub = Hub(broker.url)
    async with hub.watch("run:1") as watcher, batches(watcher) as frames:
        broker.start()
        assert await anext(frames) == (Frame("run:1", ""),)


def test_publishing_never_fails_and_does_not_wait_for_a_dead_server(
    broker: Broker,
) -> None:
    publisher = Publisher(broker.url)
    assert publisher.publish("run:1", {"done": 1})
    broker.stop()
    started = time.monotonic()
    assert [publisher.publish("run:1", {}) for _ in range(1000)] == [False] * 1000
    assert time.monotonic() - started < 2.0


def test_publishing_goes_on_when_the_server_is_back(broker: Broker) -> None:
    seconds = [0.0]
    publisher = Publisher(broker.url, clock=lambda: seconds[0])
    broker.stop()
    assert not publisher.publish("run:1", {})
    broker.start()
    assert not publisher.publish("run:1", {})
    seconds[0] = 1.5
    assert publisher.publish("run:1", {})


def test_lost_frames_are_logged_once_a_minute(
    broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("WARNING", "apps.core.live")
    seconds = [0.0]
    publisher = Publisher(broker.url, clock=lambda: seconds[0])
    broker.stop()
    for second in range(119):
        seconds[0] = float(second)
        publisher.publish("run:1", {})
    assert caplog.text.count("live_frames_lost") == 2
