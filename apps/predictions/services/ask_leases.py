"""The lease on an asking: one worker at a time, and none for long after it died."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from kombu.exceptions import OperationalError

from apps.accounts.domain.tiers import Entitlement
from apps.accounts.selectors.entitlements import entitlements
from apps.accounts.services.deliveries import queue_delivery
from apps.core.errors import ConflictError, NotFoundError
from apps.core.ids import new_id
from apps.core.jobs import enqueue
from apps.predictions.domain.words import AskStatus, ItemStatus
from apps.predictions.models import AskRun
from apps.predictions.selectors.asks import list_models_left
from apps.predictions.services.ask_limits import refuse_bad_limit

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal
    from uuid import UUID

logger = structlog.get_logger(__name__)

ASK_ENDED = "ask.ended"
# An asking that was claimed so often without storing anything kills its workers.
MOST_TAKES = 5
# What a worker may write to: also what was cancelled while it held it, whose answers
# under way it stores.
HELD = (AskStatus.RUNNING.value, AskStatus.CANCELLED.value)
# A message that nobody acted upon for so long may be lost; one too many does no harm.
SEND_AGAIN_AFTER = timedelta(minutes=10)


class AskLostError(ConflictError):
    """Another worker holds the asking now, or it was ended: write nothing more."""


@dataclass(frozen=True, slots=True)
class AskLease:
    """The right to write to one asking."""

    run_id: UUID
    token: UUID
    duration: timedelta


def publish_ask(run_id: UUID, *, now: datetime) -> None:
    """Hand an asking to a worker after the commit.

    Where the broker is down the row stays unpublished, and the sweep tries again.
    """
    transaction.on_commit(partial(_publish, run_id, now))


def _publish(run_id: UUID, now: datetime) -> None:
    run = AskRun.objects.filter(pk=run_id, status=AskStatus.QUEUED.value).first()
    if run is None:
        return
    queue = settings.DEDICATED_QUEUES.get(str(run.workspace_id))
    if queue and run.workspace_id is not None:
        entitled = entitlements(run.workspace_id, now)
        queue = queue if entitled.allows(Entitlement.DEDICATED_QUEUE) else None
    try:
        enqueue("predictions.ask", to_queue=queue, run_id=str(run_id))
    except OperationalError as error:
        logger.warning("ask_not_published", run=str(run_id), error=str(error))
        return
    AskRun.objects.filter(pk=run_id).update(published_at=now)


@transaction.atomic
def claim_ask(*, run_id: UUID, now: datetime, duration: timedelta) -> AskLease | None:
    """Take the lease of an asking that is queued or whose lease ran out.

    Returns None where another worker has it, or it is over.
    """
    free = Q(status=AskStatus.QUEUED.value) | Q(
        status=AskStatus.RUNNING.value, lease_expires_at__lt=now
    )
    token = new_id()
    claimed = AskRun.objects.filter(free, pk=run_id).update(
        status=AskStatus.RUNNING.value,
        reason="",
        lease_token=token,
        lease_expires_at=now + duration,
        takes=F("takes") + 1,
    )
    if not claimed:
        return None
    AskRun.objects.filter(pk=run_id, started_at=None).update(started_at=now)
    return AskLease(run_id, token, duration)


def hold_ask(lease: AskLease, *, now: datetime, **changes: object) -> None:
    """Prolong the lease on condition that it still holds.

    Raises:
        AskLostError: it does not.
    """
    held = AskRun.objects.filter(
        pk=lease.run_id, lease_token=lease.token, status__in=HELD
    )
    if not held.update(lease_expires_at=now + lease.duration, **changes):
        raise AskLostError(f"The lease on asking {lease.run_id} is lost.")


@transaction.atomic
def end_ask(
    *, lease: AskLease, status: AskStatus, reason: str, now: datetime
) -> AskStatus:
    """End an asking, or give it back: queued, it is taken up by the next worker.

    Returns how it stands then: what was cancelled meanwhile stays so.

    Raises:
        AskLostError: somebody else has it.
    """
    is_over = status is not AskStatus.QUEUED
    mine = AskRun.objects.filter(pk=lease.run_id, lease_token=lease.token)
    let_go: dict[str, object] = {"lease_token": None, "lease_expires_at": None}
    changes = {"finished_at": now} if is_over else {"published_at": None}
    ended = mine.filter(status=AskStatus.RUNNING.value).update(
        status=status.value, reason=reason[:300], **changes, **let_go
    )
    if ended:
        if is_over:
            call_back_ask(AskRun.objects.get(pk=lease.run_id), now)
        return status
    if not mine.filter(status=AskStatus.CANCELLED.value).update(**let_go):
        raise AskLostError(f"The lease on asking {lease.run_id} is lost.")
    return AskStatus.CANCELLED


@transaction.atomic
def resume_ask(
    *,
    run_id: UUID,
    now: datetime,
    max_cost: Decimal | None = None,
    publish: bool = True,
) -> None:
    """Take an asking up again that ended before all was asked.

    Raises:
        ConflictError: it goes on, a worker still winds it up, or it has nothing left.
        InvalidInputError: `max_cost` is out of range, or a model's price is unknown.
        NotFoundError: there is no such asking.
    """
    run = AskRun.objects.select_for_update().filter(pk=run_id).first()
    if run is None:
        raise NotFoundError(f"There is no asking {run_id}.")
    if run.lease_expires_at is not None and run.lease_expires_at >= now:
        is_ending = run.status == AskStatus.CANCELLED.value
        what = "is wound up still; try again soon" if is_ending else "goes on already"
        raise ConflictError(f"Asking {run_id} {what}.")
    if not run.items.filter(status=ItemStatus.PENDING.value).exists():
        raise ConflictError(f"Asking {run_id} has nothing left to ask.")
    run.status, run.reason, run.takes = AskStatus.QUEUED.value, "", 0
    run.lease_token = run.lease_expires_at = run.published_at = run.finished_at = None
    run.resumed_at = now
    if max_cost is not None:
        refuse_bad_limit(max_cost, list_models_left(run_id))
        run.max_cost = max_cost
    run.save()
    if publish:
        publish_ask(run_id, now=now)


def sweep_asks(*, now: datetime) -> int:
    """Bring back askings whose workers died or whose messages were lost.

    Running it twice, or in two processes at once, changes nothing more.
    """
    expired = AskRun.objects.filter(
        status=AskStatus.RUNNING.value, lease_expires_at__lt=now
    )
    for run in expired.filter(takes__gte=MOST_TAKES):
        _give_up(run, now)
    expired.filter(takes__lt=MOST_TAKES).update(
        status=AskStatus.QUEUED.value,
        lease_token=None,
        lease_expires_at=None,
        published_at=None,
    )
    waiting = AskRun.objects.filter(
        Q(published_at__isnull=True) | Q(published_at__lt=now - SEND_AGAIN_AFTER),
        status=AskStatus.QUEUED.value,
    )
    found = list(waiting.values_list("id", flat=True))
    for run_id in found:
        publish_ask(run_id, now=now)
    return len(found)


@transaction.atomic
def _give_up(run: AskRun, now: datetime) -> None:
    ended = AskRun.objects.filter(
        pk=run.pk, status=AskStatus.RUNNING.value, lease_expires_at__lt=now
    ).update(
        status=AskStatus.FAILED.value,
        reason=f"Its worker died {run.takes} times without an answer.",
        lease_token=None,
        lease_expires_at=None,
        finished_at=now,
    )
    if ended:
        run.refresh_from_db()
        call_back_ask(run, now)


def find_held(lease: AskLease) -> AskStatus | None:
    """Return how an asking stands for who holds this lease; None where they do not."""
    mine = AskRun.objects.filter(pk=lease.run_id, lease_token=lease.token)
    found = mine.values_list("status", flat=True).first()
    return None if found is None else AskStatus(found)


def call_back_ask(run: AskRun, now: datetime) -> None:
    """Queue the callback of an asking that ends; a resumed one ends once more."""
    if run.workspace_id is None or not run.webhook_url:
        return
    began_at = run.resumed_at or run.created_at
    queue_delivery(
        workspace_id=run.workspace_id,
        kind=ASK_ENDED,
        reference=f"ask:{run.pk}:{began_at.isoformat()}",
        url=run.webhook_url,
        data={
            "run_id": run.pk,
            "status": run.status,
            "reason": run.reason,
            "status_url": f"/api/v1/predictions/runs/{run.pk}",
            "experiment": run.name,
            "created_at": run.created_at,
            "finished_at": run.finished_at,
        },
        now=now,
    )
