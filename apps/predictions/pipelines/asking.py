"""Asking models about markets, under a lease.

What is left is read from what is stored: every answer is stored as it comes, and a
prediction in one transaction with its item. A worker may therefore be killed at any
instant: the next one asks exactly what is missing.
"""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import structlog
from asgiref.sync import async_to_sync
from django.conf import settings

from apps.catalog.pipelines.completions import open_completer
from apps.catalog.selectors.own_keys import read_own_key
from apps.catalog.services.own_keys import note_use
from apps.core.database import call, call_patiently
from apps.core.errors import UnavailableError
from apps.markets.pipelines.refresh import refresh_markets
from apps.predictions.domain.words import AskStatus
from apps.predictions.pipelines.ask_budget import AskBudget, BudgetSpentError
from apps.predictions.pipelines.ask_markets import FreshMarkets
from apps.predictions.pipelines.ask_model import Desk, ModelAsker
from apps.predictions.selectors.asks import get_ask_plan
from apps.predictions.services.ask_leases import (
    AskLostError,
    claim_ask,
    end_ask,
    find_held,
    hold_ask,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from uuid import UUID

    from apps.catalog.domain.concurrency import LimitPolicy
    from apps.catalog.domain.credentials import OwnKey
    from apps.core.backoff import RetryPolicy
    from apps.predictions.selectors.asks import AskPlan, ModelPlan
    from apps.predictions.services.ask_leases import AskLease

logger = structlog.get_logger(__name__)

# Set when the process is to leave: askings go back for the next worker to take.
leaving = threading.Event()
INTERRUPTED = "Interrupted at the command line."

End = tuple[AskStatus, str]


@dataclass(frozen=True, slots=True)
class AskOptions:
    """How patient a worker is; `None` takes what the installation sets."""

    lease_seconds: float | None = None
    poll_seconds: float = 0.5  # between looks at whether the work is still wanted
    grace_seconds: float = 3.0  # for answers under way, when the work is to end
    retries: RetryPolicy | None = None
    limits: LimitPolicy | None = None
    refresh: Callable[[Sequence[UUID]], object] | None = None
    interrupted: threading.Event | None = None
    record_within: timedelta = timedelta(minutes=1)  # age of the price beside it
    moved: Callable[[], None] | None = None  # called whenever something was stored

    @property
    def lease(self) -> timedelta:
        """How long a lease lasts unless it is renewed."""
        return timedelta(seconds=self.lease_seconds or settings.SHARD_LEASE_SECONDS)


DEFAULTS = AskOptions()


def run_ask(
    run_id: UUID,
    *,
    clock: Callable[[], datetime],
    options: AskOptions = DEFAULTS,
) -> AskStatus | None:
    """Do what is left of an asking and return how it stands then.

    Returns None where another worker has it, or its lease was lost on the way, or it
    is over.
    """
    return async_to_sync(_work_on)(run_id, clock, options)


async def _work_on(
    run_id: UUID, clock: Callable[[], datetime], options: AskOptions
) -> AskStatus | None:
    lease = await call(claim_ask, run_id=run_id, now=clock(), duration=options.lease)
    if lease is None:
        return None
    log = logger.bind(run=str(run_id))
    try:
        status, reason = await _Work(lease, clock, options).do()
    except AskLostError:
        log.warning("ask_lost")
        return None
    except Exception as error:
        # A fault of ours ends the asking where people can see it and resume it.
        log.exception("ask_failed")
        status, reason = AskStatus.FAILED, f"{type(error).__name__}: {error}"
    patience = options.lease.total_seconds()
    try:
        status = await call_patiently(
            patience, end_ask, lease=lease, status=status, reason=reason, now=clock()
        )
    except AskLostError:
        log.warning("ask_lost")
        return None
    log.info("ask_ended", status=status.value, reason=reason)
    return status


class _Work:
    """One worker's time with one asking: it asks, and watches whether to go on."""

    def __init__(
        self, lease: AskLease, clock: Callable[[], datetime], options: AskOptions
    ) -> None:
        self._lease = lease
        self._clock = clock
        self._options = options
        self._budget: AskBudget | None = None

    async def do(self) -> End:
        asking = asyncio.create_task(self._ask_all())
        watching = asyncio.create_task(self._watch())
        tasks: tuple[asyncio.Task[End], ...] = (asking, watching)
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if asking.done():
                return await asking
            end = await watching
            # What is answered by now is paid for: it is stored.
            if self._budget is not None:
                await self._budget.close()
                await asyncio.wait([asking], timeout=self._options.grace_seconds)
            return end
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    async def _ask_all(self) -> End:
        plan = await call(get_ask_plan, self._lease.run_id)
        refresh = self._options.refresh or partial(refresh_markets, clock=self._clock)
        markets = FreshMarkets(refresh, self._clock)
        wanted = {item.market_id for one in plan.models for item in one.items}
        await markets.look(list(wanted))
        self._budget = AskBudget(plan.max_cost, plan.spent)
        desk = Desk(
            plan=plan,
            lease=self._lease,
            markets=markets,
            budget=self._budget,
            clock=self._clock,
            record_within=self._options.record_within,
            moved=self._options.moved,
        )
        asked = [self._ask_model(desk, one) for one in plan.models]
        ends = await asyncio.gather(*asked)
        if not all(ends):
            limit = f"{plan.max_cost:f}" if plan.max_cost is not None else ""
            return (
                AskStatus.STOPPED,
                f"The cost limit of ${limit} leaves no more room.",
            )
        return AskStatus.COMPLETED, ""

    async def _ask_model(self, desk: Desk, part: ModelPlan) -> bool:
        """Ask one model about its markets; return whether the money lasted."""
        own_key = await self._take_own_key(desk.plan, part)
        asker = ModelAsker(desk, part)
        try:
            async with open_completer(
                part.model,
                now=self._clock(),
                retries=self._options.retries,
                limits=self._options.limits,
                own_key=own_key,
            ) as completer:
                await asker.ask_all(completer)
        except BudgetSpentError:
            return False
        except UnavailableError as error:  # the embedded model does not start
            await asker.give_up(str(error))
        return True

    async def _take_own_key(self, plan: AskPlan, part: ModelPlan) -> OwnKey | None:
        """Return what a workspace asks with, None for what the operator asks."""
        if plan.workspace_id is None:
            return None
        key = await call(read_own_key, plan.workspace_id, part.model.provider_name)
        await call(note_use, key=key, now=self._clock())
        return key

    async def _watch(self) -> End:
        """Return when the work is to end; keep the lease until then."""
        patience = self._options.lease.total_seconds()
        interrupted = self._options.interrupted or threading.Event()
        renewed = time.monotonic()
        while True:
            await asyncio.sleep(self._options.poll_seconds)
            if interrupted.is_set():
                return AskStatus.CANCELLED, INTERRUPTED
            if leaving.is_set():
                return AskStatus.QUEUED, "the worker left"
            held = await call_patiently(patience, find_held, self._lease)
            if held is AskStatus.CANCELLED:
                return held, ""  # whoever cancelled it has said why
            if held is not AskStatus.RUNNING:
                raise AskLostError(f"Asking {self._lease.run_id} is not wanted.")
            if time.monotonic() - renewed > patience / 3:
                now = self._clock()
                await call_patiently(patience, hold_ask, self._lease, now=now)
                renewed = time.monotonic()
