"""Asking a venue for many markets: in batches, a few at a time, with patience."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import structlog

from apps.core.backoff import RetryPolicy
from apps.core.errors import UpstreamError
from apps.markets.domain.markets import Batch

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from apps.markets.domain.markets import MarketReading
    from apps.markets.gateways.base import VenueGateway

logger = structlog.get_logger(__name__)


_PATIENCE = RetryPolicy(
    base_seconds=0.5, cap_seconds=15.0, max_retries=4, max_total_seconds=90.0
)


@dataclass(frozen=True, slots=True)
class Pace:
    """How hard a venue is asked, and how long it is waited for.

    After `gives_up_after` batches in a row that failed after all retries, the rest is
    not asked any more: the venue is down, and the others wait. Nor is what has no
    answer `total_seconds` after all of it was asked for, however its parts behaved.
    """

    at_once: int = 8
    attempt_seconds: float = 60.0
    total_seconds: float = 480.0
    gives_up_after: int = 3
    policy: RetryPolicy = _PATIENCE
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    draw: Callable[[], float] = random.random  # uniform in [0, 1)

    def shortened(self) -> Pace:
        """Return the pace for a venue that failed when it was last asked.

        Whoever asks page after page waits for a dead venue once and not at each page.
        """
        policy = replace(self.policy, max_retries=min(self.policy.max_retries, 1))
        return replace(self, gives_up_after=min(self.gives_up_after, 2), policy=policy)


class Fetcher:
    """Asks one venue; `failure` is the last thing that failed as a whole, or ""."""

    def __init__(self, venue: str, pace: Pace) -> None:
        """Begin without any failure."""
        self._venue = venue
        self._pace = pace
        self._in_a_row = 0
        self.failure = ""

    async def fetch(self, gateway: VenueGateway, external_ids: Sequence[str]) -> Batch:
        """Return every market, read or failed with the reason."""
        size = gateway.most_at_once
        turns = asyncio.Semaphore(self._pace.at_once)
        ends_at = asyncio.get_running_loop().time() + self._pace.total_seconds
        batches = await asyncio.gather(
            *(
                self._take_turn_by(
                    ends_at, turns, gateway, external_ids[start : start + size]
                )
                for start in range(0, len(external_ids), size)
            )
        )
        readings: dict[str, MarketReading] = {}
        failures: dict[str, str] = {}
        for batch in batches:
            readings |= batch.readings
            failures |= batch.failures
        return Batch(readings, failures)

    async def _take_turn_by(
        self,
        ends_at: float,
        turns: asyncio.Semaphore,
        gateway: VenueGateway,
        ids: Sequence[str],
    ) -> Batch:
        try:
            async with asyncio.timeout_at(ends_at):
                return await self._take_turn(turns, gateway, ids)
        except TimeoutError:
            spent = f"{self._pace.total_seconds:g} s"
            return self._give_up(ids, f"the venue took longer than {spent} for all")

    async def _take_turn(
        self, turns: asyncio.Semaphore, gateway: VenueGateway, ids: Sequence[str]
    ) -> Batch:
        async with turns:
            if self._in_a_row >= self._pace.gives_up_after:
                return _fail(ids, self.failure)
            try:
                batch = await self._try(gateway, ids)
            except UpstreamError as error:
                return self._give_up(ids, str(error))
            except Exception as error:  # what one batch holds must not end the others
                logger.exception("market_batch_broke", venue=self._venue)
                return self._give_up(ids, f"{type(error).__name__}: {error}")
        self._in_a_row = 0
        unanswered = set(ids) - batch.readings.keys() - batch.failures.keys()
        return Batch(
            {name: batch.readings[name] for name in ids if name in batch.readings},
            batch.failures | dict.fromkeys(unanswered, "the venue left it out"),
        )

    async def _try(self, gateway: VenueGateway, ids: Sequence[str]) -> Batch:
        """Ask until there is an answer, or none is to be expected.

        Raises:
            UpstreamError: the last attempt failed.
        """
        started, retry = time.monotonic(), 0
        while True:
            try:
                async with asyncio.timeout(self._pace.attempt_seconds):
                    return await gateway.fetch_markets(ids)
            except TimeoutError:
                error = UpstreamError("no answer in time", retryable=True)
            except UpstreamError as failed:
                error = failed
            pause = self._choose_pause(error, retry, time.monotonic() - started)
            if pause is None:
                raise error
            await self._pace.sleep(pause)
            retry += 1

    def _choose_pause(
        self, error: UpstreamError, retry: int, spent_seconds: float
    ) -> float | None:
        if not error.retryable:
            return None
        return self._pace.policy.choose_pause(
            retry=retry,
            draw=self._pace.draw(),
            spent_seconds=spent_seconds,
            retry_after_seconds=error.retry_after_seconds,
        )

    def _give_up(self, ids: Sequence[str], reason: str) -> Batch:
        self._in_a_row += 1
        self.failure = reason
        logger.warning(
            "market_batch_failed", venue=self._venue, markets=len(ids), reason=reason
        )
        return _fail(ids, reason)


def _fail(ids: Sequence[str], reason: str) -> Batch:
    return Batch({}, dict.fromkeys(ids, reason))
