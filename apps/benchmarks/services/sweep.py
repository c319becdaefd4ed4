"""Bringing back what was lost: expired leases, unsent messages, forgotten ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from apps.benchmarks.models import Run, RunStatus, Shard, ShardStatus
from apps.benchmarks.selectors.runs import ACTIVE
from apps.benchmarks.services.leases import (
    UNFINISHED,
    finish_run_if_over,
    lock_run,
)
from apps.benchmarks.services.publishing import publish_shards

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

logger = structlog.get_logger(__name__)

# A shard that was claimed so often without storing anything kills its workers.
MOST_TAKES = 5
# A message that nobody acted upon for so long may be lost; one too many does no harm.
SEND_AGAIN_AFTER = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep found: shards taken back, shards sent, runs ended."""

    taken_back: int
    sent: int
    ended: int


def sweep(*, now: datetime) -> Swept:
    """Take back expired leases, send what was never sent, end runs that are over.

    Running it twice, or in two processes at once, changes nothing more.
    """
    taken_back = sum(_take_back(run_id, now) for run_id in _runs_with_expired(now))
    ended = sum(_end(run_id, now) for run_id in _runs_without_work())
    sent = _send(now)
    swept = Swept(taken_back, sent, ended)
    if swept != Swept(0, 0, 0):
        logger.info("swept", taken_back=taken_back, sent=sent, ended=ended)
    return swept


def _runs_with_expired(now: datetime) -> list[UUID]:
    expired = Shard.objects.filter(status=ShardStatus.LEASED, lease_expires_at__lt=now)
    return list(expired.values_list("run_id", flat=True).distinct())


@transaction.atomic
def _take_back(run_id: UUID, now: datetime) -> int:
    """Free the shards of a run whose workers fell silent."""
    run = lock_run(Run.objects.filter(pk=run_id))
    if run is None:
        return 0
    expired = list(
        run.shards.select_for_update().filter(
            status=ShardStatus.LEASED, lease_expires_at__lt=now
        )
    )
    for shard in expired:
        shard.lease_token = shard.lease_expires_at = shard.published_at = None
        shard.reserved = 0
        shard.status = ShardStatus.PENDING
        if run.status not in ACTIVE:
            shard.status, shard.finished_at = ShardStatus.CANCELLED, now
        elif shard.takes >= MOST_TAKES:
            shard.status, shard.finished_at = ShardStatus.FAILED, now
            shard.reason = f"Its worker died {shard.takes} times without a result."
        shard.save()
    if expired:
        finish_run_if_over(run, now)
    return len(expired)


def _runs_without_work() -> list[UUID]:
    """Find runs that should be over, and cancelled ones with shards left waiting."""
    left = Shard.objects.filter(run=OuterRef("pk"))
    over = Run.objects.filter(
        Q(status__in=ACTIVE) & ~Exists(left.filter(status__in=UNFINISHED))
        | Q(status=RunStatus.CANCELLED)
        & Exists(left.filter(status=ShardStatus.PENDING))
    )
    return list(over.values_list("id", flat=True))


@transaction.atomic
def _end(run_id: UUID, now: datetime) -> int:
    run = lock_run(Run.objects.filter(pk=run_id))
    if run is None:
        return 0
    if run.status == RunStatus.CANCELLED:
        return run.shards.filter(status=ShardStatus.PENDING).update(
            status=ShardStatus.CANCELLED, finished_at=now
        )
    finish_run_if_over(run, now)
    return int(run.status not in ACTIVE)


@transaction.atomic
def _send(now: datetime) -> int:
    unsent = Shard.objects.filter(
        Q(published_at__isnull=True) | Q(published_at__lt=now - SEND_AGAIN_AFTER),
        status=ShardStatus.PENDING,
        run__status__in=ACTIVE,
    )
    found = list(unsent.values_list("id", flat=True))
    publish_shards(found, now=now)
    return len(found)
