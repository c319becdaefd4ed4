from __future__ import annotations

import socket
from typing import NoReturn

import pytest
import redis
from django.conf import settings as live_settings
from django.core.cache import caches
from django.core.cache.backends.locmem import LocMemCache

from apps.core import cache as module
from apps.core.cache import RETRY_SECONDS, WORD_SECONDS, Outage, SteadyCache


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "_outage", Outage(clock))
    LocMemCache("steady", {}).clear()
    return clock


def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def unreachable() -> SteadyCache:
    return SteadyCache(f"redis://127.0.0.1:{closed_port()}/1", {})


def test_everything_goes_on_in_the_process_while_the_server_is_down(
    clock: Clock,
) -> None:
    cache = unreachable()
    assert cache.add("tries", 1)
    assert not cache.add("tries", 1)
    assert cache.incr("tries") == 2
    cache.set_many({"a": 1, "b": 2})
    assert cache.get_many(["tries", "a", "c"]) == {"tries": 2, "a": 1}
    assert cache.touch("a")
    cache.delete("tries")
    cache.delete_many(["a"])
    assert (cache.get("tries"), cache.has_key("a"), cache.get("b")) == (None, False, 2)
    cache.clear()
    assert cache.get("b") is None


def test_all_instances_of_a_process_count_together(clock: Clock) -> None:
    unreachable().set("tries", 3)
    assert unreachable().get("tries") == 3


def test_a_server_that_is_down_is_asked_again_after_a_pause_and_named_once_a_minute(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    asked: list[str] = []

    class Asked(SteadyCache):
        @property
        def _cache(self) -> NoReturn:
            asked.append("asked")
            raise redis.ConnectionError("refused")

    cache = Asked("redis://unused", {})
    for pause in (0, RETRY_SECONDS - 1, 1, WORD_SECONDS):
        clock.now += pause
        cache.get("tries")
    assert len(asked) == 3
    assert caplog.text.count("cache_unavailable") == 2


def test_a_server_that_answers_is_what_counts(clock: Clock) -> None:
    cache = caches.create_connection("default")
    assert isinstance(cache, SteadyCache)
    cache.set("tries", 7)
    client = redis.Redis.from_url(str(live_settings.CACHES["default"]["LOCATION"]))
    assert client.exists(cache.make_key("tries")) == 1
    assert LocMemCache("steady", {}).get("tries") is None
