"""Callbacks as rows: queued with what they tell of, claimed, settled, swept.

A row is written in the transaction of what it tells of, so a callback is lost by
nothing that leaves the database alive; whoever sends it holds a lease.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import structlog
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import F, Q
from kombu.exceptions import OperationalError

from apps.accounts.domain.webhooks import pause_after
from apps.accounts.models import Delivery, DeliveryStatus, Workspace
from apps.core.errors import ConflictError, NotFoundError
from apps.core.jobs import enqueue

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from uuid import UUID

    from django.db.models import QuerySet

logger = structlog.get_logger(__name__)

# Longer than an attempt may take.
LEASE = timedelta(seconds=60)
# A workspace whose receiver is slow must not keep the workers from the others.
MOST_AT_ONCE = 2
MOST_SENT = 200  # by one sweep
KEPT_FOR = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to make one attempt."""

    delivery_id: UUID
    workspace_id: UUID
    url: str
    body: str
    attempt: int
    until: datetime


@dataclass(frozen=True, slots=True)
class Attempt:
    """How an attempt went; `is_final` where another would go no better."""

    is_delivered: bool
    status: int | None = None
    error: str = ""
    reply: str = ""
    is_final: bool = False


def queue_delivery(
    *,
    workspace_id: UUID,
    kind: str,
    reference: str,
    url: str,
    data: Mapping[str, object],
    now: datetime,
) -> None:
    """Have a callback sent once the present transaction is committed.

    `reference` names what it tells of within the workspace: the second time nothing
    happens. `data` is what the receiver reads.
    """
    body = json.dumps(
        {"type": kind, "timestamp": now, "data": data},
        cls=DjangoJSONEncoder,
        separators=(",", ":"),
    )
    with transaction.atomic():
        made = Delivery.objects.bulk_create(
            [
                Delivery(
                    workspace_id=workspace_id,
                    kind=kind,
                    reference=reference,
                    url=url,
                    body=body,
                    next_at=now,
                    created_at=now,
                )
            ],
            ignore_conflicts=True,
        )
        _publish(one.id for one in made)


@transaction.atomic
def claim_delivery(*, delivery_id: UUID, now: datetime) -> Claim | None:
    """Take a delivery that is due; None where it is not, or somebody is at it.

    None also where its workspace has as many under way as it may: it stays due.
    """
    found = Delivery.objects.filter(pk=delivery_id).first()
    if found is None or not _hold(found.workspace_id):
        return None
    if _under_way(found.workspace_id, now) >= MOST_AT_ONCE:
        return None
    claimed = _due(now).filter(pk=delivery_id)
    until = now + LEASE
    if not claimed.update(attempts=F("attempts") + 1, leased_until=until):
        return None
    found.refresh_from_db()
    return Claim(
        delivery_id=found.id,
        workspace_id=found.workspace_id,
        url=found.url,
        body=found.body,
        attempt=found.attempts,
        until=until,
    )


@transaction.atomic
def settle_delivery(*, claim: Claim, attempt: Attempt, now: datetime) -> None:
    """Write down how an attempt went, and when the next one is due.

    One whose lease ran out is passed over: another worker has made the next attempt.
    """
    pause = None if attempt.is_final else pause_after(claim.attempt)
    status = DeliveryStatus.PENDING
    if attempt.is_delivered:
        status, pause = DeliveryStatus.DELIVERED, None
    elif pause is None:
        status = DeliveryStatus.FAILED
    held = Delivery.objects.filter(
        pk=claim.delivery_id, status=DeliveryStatus.PENDING, leased_until=claim.until
    )
    held.update(
        status=status,
        leased_until=None,
        next_at=None if pause is None else now + pause,
        ended_at=now if pause is None else None,
        last_status=attempt.status,
        last_error=attempt.error[:300],
        last_reply=attempt.reply[:1000],
    )


@transaction.atomic
def send_again(*, workspace_id: UUID, delivery_id: UUID, now: datetime) -> None:
    """Send a delivery that is over once more, under the same id as before.

    Raises:
        ConflictError: it is still being tried.
        NotFoundError: the workspace has no such delivery.
    """
    mine = Delivery.objects.filter(workspace_id=workspace_id, pk=delivery_id)
    over = mine.exclude(status=DeliveryStatus.PENDING)
    if over.update(
        status=DeliveryStatus.PENDING, attempts=0, next_at=now, ended_at=None
    ):
        _publish([delivery_id])
        return
    if not mine.exists():
        raise NotFoundError(f"There is no delivery {delivery_id}.")
    raise ConflictError("It is still being tried; see when it is tried next.")


@transaction.atomic
def sweep_deliveries(*, now: datetime) -> int:
    """Hand over what is due and nobody is at; return how many that were.

    It brings back what a dead worker had taken and what the broker never heard of.
    """
    due = list(_due(now).order_by("next_at").values_list("id", flat=True)[:MOST_SENT])
    _publish(due)
    return len(due)


def forget_deliveries(*, now: datetime) -> int:
    """Delete what ended long ago; return how many there were."""
    return Delivery.objects.filter(ended_at__lt=now - KEPT_FOR).delete()[0]


def _due(now: datetime) -> QuerySet[Delivery]:
    return Delivery.objects.filter(
        Q(leased_until__isnull=True) | Q(leased_until__lt=now),
        status=DeliveryStatus.PENDING,
        next_at__lte=now,
    )


def _hold(workspace_id: UUID) -> bool:
    """Let one claim of a workspace count at a time; False where it is gone."""
    row = Workspace.objects.select_for_update(no_key=True).filter(pk=workspace_id)
    return row.values_list("pk", flat=True).first() is not None


def _under_way(workspace_id: UUID, now: datetime) -> int:
    return Delivery.objects.filter(
        workspace_id=workspace_id,
        status=DeliveryStatus.PENDING,
        leased_until__gte=now,
    ).count()


def _publish(delivery_ids: Iterable[UUID]) -> None:
    transaction.on_commit(partial(_hand_over, tuple(delivery_ids)))


def _hand_over(delivery_ids: tuple[UUID, ...]) -> None:
    for delivery_id in delivery_ids:
        try:
            enqueue("accounts.deliver", delivery_id=str(delivery_id))
        except OperationalError as error:
            logger.warning("delivery_not_published", error=str(error))
            return
