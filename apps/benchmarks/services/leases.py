"""Leases on shards: one worker at a time, and none for long after it died.

Rows are always locked in the order run, shard, suite version, rollups.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F, Q

from apps.benchmarks.models import Run, RunStatus, Shard, ShardStatus
from apps.benchmarks.selectors.runs import ACTIVE
from apps.benchmarks.services.endings import call_back
from apps.benchmarks.services.progress import announce_run
from apps.core.errors import ConflictError
from apps.core.ids import new_id

if TYPE_CHECKING:
    from datetime import date, datetime, timedelta
    from decimal import Decimal
    from uuid import UUID

    from django.db.models import QuerySet

UNFINISHED = (ShardStatus.PENDING, ShardStatus.LEASED)


class LeaseLostError(ConflictError):
    """Another worker holds the shard now, or it was taken back: write nothing more."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write to one shard, and what of its run never changes."""

    shard_id: UUID
    run_id: UUID
    run_month: date
    model_id: UUID
    suite_version_id: UUID
    is_public: bool
    token: UUID


@dataclass(frozen=True, slots=True)
class RunState:
    """How the run stands: what a worker must know as it goes."""

    status: str
    cost: Decimal
    max_cost: Decimal | None

    @property
    def is_active(self) -> bool:
        """Whether work on it is still wanted."""
        return self.status in ACTIVE


@transaction.atomic
def claim_shard(*, shard_id: UUID, now: datetime, duration: timedelta) -> Lease | None:
    """Take the lease of a shard that is free or whose lease ran out.

    Returns None where another worker has it, it is over, or its run is.
    """
    run = lock_run(Run.objects.filter(shards=shard_id))
    if run is None or run.status not in ACTIVE:
        return None
    token = new_id()
    free = Q(status=ShardStatus.PENDING) | Q(
        status=ShardStatus.LEASED, lease_expires_at__lt=now
    )
    claimed = Shard.objects.filter(free, pk=shard_id).update(
        status=ShardStatus.LEASED,
        lease_token=token,
        lease_expires_at=now + duration,
        takes=F("takes") + 1,
        reserved=0,
    )
    if not claimed:
        return None
    shard = Shard.objects.get(pk=shard_id)
    if shard.started_at is None:
        Shard.objects.filter(pk=shard_id).update(started_at=now)
    _mark_running(run, now)
    return Lease(
        shard_id=shard_id,
        run_id=run.id,
        run_month=run.run_month,
        model_id=shard.model_id,
        suite_version_id=run.suite_version_id,
        is_public=run.workspace_id is None,
        token=token,
    )


def _mark_running(run: Run, now: datetime) -> None:
    if run.status == RunStatus.RUNNING:
        return
    run.status = RunStatus.RUNNING
    run.started_at = run.started_at or now
    run.save(update_fields=["status", "started_at"])
    announce_run(run.id)


def renew_lease(*, lease: Lease, now: datetime, duration: timedelta) -> None:
    """Prolong the lease.

    Raises:
        LeaseLostError: somebody else has it.
    """
    hold_lease(lease, lease_expires_at=now + duration)


def read_run_state(*, lease: Lease) -> RunState:
    """Return how the run stands.

    Raises:
        LeaseLostError: somebody else has the shard.
    """
    held = Shard.objects.filter(pk=lease.shard_id, lease_token=lease.token)
    found = held.values_list("run__status", "run__cost", "run__max_cost").first()
    if found is None:
        raise LeaseLostError(f"The lease on shard {lease.shard_id} is lost.")
    return RunState(*found)


def hold_lease(lease: Lease, **changes: object) -> None:
    """Change the shard on condition that the lease still holds.

    Raises:
        LeaseLostError: it does not; nothing was changed.
    """
    held = Shard.objects.filter(
        pk=lease.shard_id, status=ShardStatus.LEASED, lease_token=lease.token
    )
    if not held.update(**changes):
        raise LeaseLostError(f"The lease on shard {lease.shard_id} is lost.")


@transaction.atomic
def release_shard(*, lease: Lease) -> None:
    """Give the shard back unfinished, for the next worker to take at once.

    Raises:
        LeaseLostError: somebody else has it.
    """
    hold_lease(
        lease,
        status=ShardStatus.PENDING,
        lease_token=None,
        lease_expires_at=None,
        published_at=None,
        reserved=0,
    )


@transaction.atomic
def finish_shard(*, lease: Lease, status: str, now: datetime, reason: str = "") -> None:
    """End the shard, and its run where it was the last one.

    Raises:
        LeaseLostError: somebody else has it.
    """
    run = lock_run(Run.objects.filter(pk=lease.run_id))
    hold_lease(
        lease,
        status=status,
        reason=reason[:300],
        lease_token=None,
        lease_expires_at=None,
        reserved=0,
        finished_at=now,
    )
    if run is not None:
        finish_run_if_over(run, now)


def lock_run(runs: QuerySet[Run]) -> Run | None:
    """Lock and return the one run of the query, without its manifest."""
    return runs.select_for_update(of=("self",)).defer("manifest").first()


def finish_run_if_over(run: Run, now: datetime) -> None:
    """End a locked run that has no shard left to do; the caller has a transaction."""
    shards = list(run.shards.values_list("status", "reason"))
    if any(status in UNFINISHED for status, _ in shards):
        return
    if run.status in ACTIVE:
        run.status, run.status_reason = _conclude(shards)
        run.finished_at = now
        run.save(update_fields=["status", "status_reason", "finished_at"])
        call_back(run, now=now)
    announce_run(run.id)


def _conclude(shards: list[tuple[str, str]]) -> tuple[str, str]:
    """Return what a run amounts to: the worst that befell one of its shards."""
    for shard_status, run_status in (
        (ShardStatus.FAILED, RunStatus.FAILED),
        (ShardStatus.STOPPED, RunStatus.STOPPED),
        (ShardStatus.CANCELLED, RunStatus.CANCELLED),
    ):
        reasons = [reason for status, reason in shards if status == shard_status]
        if reasons:
            return run_status, reasons[0]
    return RunStatus.COMPLETED, ""
