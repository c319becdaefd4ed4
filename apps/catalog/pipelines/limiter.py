"""A concurrency limit that moves, for coroutines of one event loop."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from apps.catalog.domain.completions import Outcome
from apps.catalog.domain.concurrency import AdaptiveLimit

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from datetime import datetime

    from apps.catalog.domain.completions import Completion
    from apps.catalog.domain.concurrency import LimitChange, LimitPolicy

logger = structlog.get_logger(__name__)


class AdaptiveLimiter:
    """Lets as many in as the limit allows, first come first served."""

    def __init__(
        self,
        policy: LimitPolicy,
        *,
        model: str,
        now: datetime,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`now` is the time of this call; later times are read off `clock`."""
        self._limit = AdaptiveLimit(policy)
        self._model = model
        self._clock = clock
        self._epoch = now - timedelta(seconds=clock())
        self._waiting: deque[asyncio.Future[None]] = deque()
        self.in_flight = 0

    @property
    def value(self) -> int:
        """How many may be in flight now."""
        return self._limit.value

    @property
    def changes(self) -> tuple[LimitChange, ...]:
        """Every change so far, oldest first."""
        return tuple(self._limit.changes)

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Wait for a place and hold it for the block."""
        await self._acquire()
        try:
            yield
        finally:
            self.in_flight -= 1
            self._admit()

    def record(self, completion: Completion, *, was_retried: bool) -> None:
        """Learn from an attempt that still holds its place."""
        before = len(self._limit.changes)
        now = self._epoch + timedelta(seconds=self._clock())
        if completion.outcome.is_answer:
            self._limit.record_success(
                now=now, in_flight=self.in_flight, was_retried=was_retried
            )
        elif completion.outcome is Outcome.RATE_LIMITED:
            self._limit.record_rate_limit(
                now=now, retry_after_seconds=completion.retry_after_seconds
            )
        elif completion.outcome in (Outcome.UPSTREAM_FAILED, Outcome.TIMEOUT):
            self._limit.record_trouble()
        for change in self._limit.changes[before:]:
            logger.info(
                "concurrency_changed",
                model=self._model,
                old=change.old,
                new=change.new,
                reason=change.reason,
            )
        self._admit()

    async def _acquire(self) -> None:
        if self.in_flight < self.value and not self._waiting:
            self.in_flight += 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.in_flight -= 1  # let in and cancelled in the same breath
                self._admit()
            raise

    def _admit(self) -> None:
        """Let in as many of those who wait as there are places."""
        while self._waiting and self.in_flight < self.value:
            turn = self._waiting.popleft()
            if not turn.done():  # cancelled while it waited
                self.in_flight += 1
                turn.set_result(None)
