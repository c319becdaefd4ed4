"""A cache that goes on without Redis, in each process by itself.

What counts attempts must neither stop counting while Redis is down, nor take the
pages down with it: until Redis answers again, each process counts what it sees.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import redis
import structlog
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache

if TYPE_CHECKING:
    from collections.abc import Callable

logger = structlog.get_logger(__name__)

# A server that drops packets holds up one request in this time, not every one.
RETRY_SECONDS = 5.0
WORD_SECONDS = 60.0
_DOWN = (redis.ConnectionError, redis.TimeoutError, OSError)


class Outage:
    """What this process knows of whether the server answers."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Take the clock that both pauses are measured by."""
        self._clock = clock
        self._lock = threading.Lock()
        self._next_try = 0.0
        self._next_word = 0.0

    def is_on(self) -> bool:
        """Return whether the server is not to be asked for the moment."""
        return self._clock() < self._next_try

    def note(self, error: Exception) -> None:
        """Leave the server alone for a while, and say so once a minute."""
        with self._lock:
            now = self._clock()
            self._next_try = now + RETRY_SECONDS
            if now < self._next_word:
                return
            self._next_word = now + WORD_SECONDS
        logger.warning("cache_unavailable", error=str(error))


_outage = Outage()


class SteadyCache(RedisCache):
    """Redis where it answers, else the memory of this process."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        """Take what Django's own backend takes."""
        super().__init__(server, params)
        self._local = LocMemCache("steady", {**params, "OPTIONS": {}})

    def _do(self, name: str, *args: Any, **kwargs: Any) -> Any:
        if not _outage.is_on():
            try:
                return getattr(super(), name)(*args, **kwargs)
            except _DOWN as error:
                _outage.note(error)
        return getattr(self._local, name)(*args, **kwargs)

    def add(self, *args: Any, **kwargs: Any) -> Any:
        """Store what is not there yet."""
        return self._do("add", *args, **kwargs)

    def get(self, *args: Any, **kwargs: Any) -> Any:
        """Return what is stored."""
        return self._do("get", *args, **kwargs)

    def set(self, *args: Any, **kwargs: Any) -> Any:
        """Store."""
        return self._do("set", *args, **kwargs)

    def touch(self, *args: Any, **kwargs: Any) -> Any:
        """Keep for longer."""
        return self._do("touch", *args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        """Forget."""
        return self._do("delete", *args, **kwargs)

    def get_many(self, *args: Any, **kwargs: Any) -> Any:
        """Return several."""
        return self._do("get_many", *args, **kwargs)

    def has_key(self, *args: Any, **kwargs: Any) -> Any:
        """Return whether something is stored."""
        return self._do("has_key", *args, **kwargs)

    def incr(self, *args: Any, **kwargs: Any) -> Any:
        """Count."""
        return self._do("incr", *args, **kwargs)

    def set_many(self, *args: Any, **kwargs: Any) -> Any:
        """Store several."""
        return self._do("set_many", *args, **kwargs)

    def delete_many(self, *args: Any, **kwargs: Any) -> Any:
        """Forget several."""
        return self._do("delete_many", *args, **kwargs)

    def clear(self) -> Any:
        """Forget everything."""
        self._local.clear()
        return self._do("clear")
