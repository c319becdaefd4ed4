"""Tell whoever is looking that something moved.

A message is a hint and never the record: the rows are in the database before it is
sent, a page that misses it is only late, and so publishing never fails its caller.
"""

from __future__ import annotations

import json
import time
from functools import cache
from typing import TYPE_CHECKING

import structlog
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

logger = structlog.get_logger(__name__)

CHANNEL_PREFIX = "assay:live:"
_TIMEOUT_SECONDS = 0.5
_PAUSE_SECONDS = 1.0  # after a failure, so that a dead server slows nobody down
_COMPLAIN_EVERY_SECONDS = 60.0


class Publisher:
    """Sends frames to one Redis server; threads may share it."""

    def __init__(
        self, url: str, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Connect at the first frame; `clock` gives seconds and never goes back."""
        # One retry, at once: an idle connection that the server closed is no failure.
        self._client = Redis.from_url(
            url,
            socket_timeout=_TIMEOUT_SECONDS,
            socket_connect_timeout=_TIMEOUT_SECONDS,
            retry=Retry(NoBackoff(), 1),
        )
        self._clock = clock
        self._silent_until = float("-inf")
        self._complain_after = float("-inf")
        self._lost = 0

    def publish(self, topic: str, payload: Mapping[str, object]) -> bool:
        """Send one frame; return whether the server took it."""
        now = self._clock()
        if now < self._silent_until:
            self._lost += 1
            return False
        frame = json.dumps(payload, cls=DjangoJSONEncoder, separators=(",", ":"))
        try:
            self._client.publish(f"{CHANNEL_PREFIX}{topic}", frame)
        except (RedisError, OSError) as error:
            self._lost += 1
            self._silent_until = now + _PAUSE_SECONDS
            self._complain(now, error)
            return False
        return True

    def _complain(self, now: float, error: Exception) -> None:
        """Log at most once a minute: the server's absence shows elsewhere too."""
        if now < self._complain_after:
            return
        self._complain_after = now + _COMPLAIN_EVERY_SECONDS
        logger.warning("live_frames_lost", lost=self._lost, error=str(error))
        self._lost = 0


@cache
def _publisher(url: str) -> Publisher:
    return Publisher(url)


def publish(topic: str, payload: Mapping[str, object]) -> None:
    """Send a small frame to everyone who watches `topic`, such as `run:<id>`.

    A frame carries the whole state that it tells of, since frames are coalesced and
    may be lost. It never raises when Redis is down: that is logged once a minute.
    """
    _publisher(settings.REDIS_URL).publish(topic, payload)
