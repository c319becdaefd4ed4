"""Working through a shard: one model's samples of a run, under a lease.

What is to be done is read from what is stored, and everything that follows from a
result is written in one transaction that holds the lease. A worker may therefore be
killed at any instant: the next one does exactly what is missing.
"""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from asgiref.sync import async_to_sync
from django.conf import settings

from apps.benchmarks.gateways.sandbox import detect_sandbox
from apps.benchmarks.models import ShardStatus
from apps.benchmarks.pipelines.samples import Desk
from apps.benchmarks.pipelines.worker import ShardWorker
from apps.benchmarks.selectors.shards import get_shard_plan
from apps.benchmarks.services.leases import (
    LeaseLostError,
    claim_shard,
    finish_shard,
    release_shard,
)
from apps.catalog.pipelines.completions import open_completer
from apps.catalog.selectors.own_keys import read_own_key
from apps.catalog.services.own_keys import note_use
from apps.core.database import call, call_patiently

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from uuid import UUID

    from apps.benchmarks.selectors.shards import ShardPlan
    from apps.benchmarks.services.leases import Lease
    from apps.catalog.domain.concurrency import LimitPolicy
    from apps.catalog.domain.credentials import OwnKey
    from apps.core.backoff import RetryPolicy

logger = structlog.get_logger(__name__)

# Set when the process is to leave: shards go back for the next worker to take.
leaving = threading.Event()


@dataclass(frozen=True, slots=True)
class ShardOptions:
    """How patient a worker is; `None` takes what the installation sets."""

    lease_seconds: float | None = None
    batch_seconds: float = 0.3  # results gather for so long before they are stored
    poll_seconds: float = 0.5  # between looks at whether the work is still wanted
    retries: RetryPolicy | None = None
    limits: LimitPolicy | None = None

    @property
    def lease(self) -> timedelta:
        """How long a lease lasts unless it is renewed."""
        return timedelta(seconds=self.lease_seconds or settings.SHARD_LEASE_SECONDS)


DEFAULTS = ShardOptions()


def run_shard(
    shard_id: UUID,
    *,
    clock: Callable[[], datetime],
    options: ShardOptions = DEFAULTS,
) -> str | None:
    """Do what is left of a shard and return its status.

    Returns None where another worker has it, or its lease was lost on the way, or
    there is nothing left to do.
    """
    return async_to_sync(work_on_shard)(shard_id, clock=clock, options=options)


async def work_on_shard(
    shard_id: UUID,
    *,
    clock: Callable[[], datetime],
    options: ShardOptions = DEFAULTS,
) -> str | None:
    """Do what `run_shard` does, inside an event loop."""
    lease = await call(
        claim_shard, shard_id=shard_id, now=clock(), duration=options.lease
    )
    if lease is None:
        return None
    log = logger.bind(shard=str(shard_id), run=str(lease.run_id))
    try:
        status, reason = await _work(lease, clock, options)
    except LeaseLostError:
        log.warning("shard_lost")
        return None
    except Exception as error:
        # A fault of ours ends the shard where people can see it and resume it.
        log.exception("shard_failed")
        status, reason = ShardStatus.FAILED, f"{type(error).__name__}: {error}"
    try:
        await _end(lease, status, reason, clock, options)
    except LeaseLostError:
        log.warning("shard_lost")
        return None
    log.info("shard_ended", status=status, reason=reason)
    return status


async def _work(
    lease: Lease, clock: Callable[[], datetime], options: ShardOptions
) -> tuple[str, str]:
    plan = await call(get_shard_plan, lease.shard_id)
    own_key = await _take_own_key(plan, clock())
    # It tries a jail out, which takes a moment.
    sandbox = await asyncio.to_thread(detect_sandbox)
    async with open_completer(
        plan.model,
        now=clock(),
        retries=options.retries,
        limits=options.limits,
        own_key=own_key,
    ) as completer:
        desk = Desk(plan, completer, sandbox, clock)
        return await ShardWorker(lease, desk, options, leaving).work()


async def _take_own_key(plan: ShardPlan, now: datetime) -> OwnKey | None:
    """Return what a run on demand asks with, None for what the operator runs."""
    if plan.key_of is None:
        return None
    key = await call(read_own_key, plan.key_of, plan.model.provider_name)
    await call(note_use, key=key, now=now)
    return key


async def _end(
    lease: Lease,
    status: str,
    reason: str,
    clock: Callable[[], datetime],
    options: ShardOptions,
) -> None:
    patience = options.lease.total_seconds()
    if status == ShardStatus.PENDING:
        await call_patiently(patience, release_shard, lease=lease)
        return
    await call_patiently(
        patience,
        finish_shard,
        lease=lease,
        status=status,
        reason=reason,
        now=clock(),
    )
