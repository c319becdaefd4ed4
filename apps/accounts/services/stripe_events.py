"""The inbox of events: each kept once, taken by one, retried, and never lost."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import structlog
from django.db import transaction
from django.db.models import F, Q
from kombu.exceptions import OperationalError

from apps.accounts.models import MOST_ERROR, EventState, StripeEvent
from apps.core.errors import NotFoundError
from apps.core.jobs import enqueue

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from apps.accounts.domain.billing import SeenEvent

logger = structlog.get_logger(__name__)

# A worker that died with an event in its hands is waited for so long.
LEASE = timedelta(minutes=2)
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=6)
# Three days, as long as the biller itself keeps trying.
MOST_ATTEMPTS = 20
_SENT_AT_ONCE = 500


@transaction.atomic
def store_event(*, event: SeenEvent, now: datetime) -> bool:
    """Keep an event and have it processed; return whether it was new.

    One that is known already, however many deliver it at once, changes nothing.
    """
    row = StripeEvent(
        stripe_id=event.id,
        kind=event.kind,
        object_id=event.object_id,
        customer_id=event.customer_id,
        subscription_id=event.subscription_id,
        created_at=event.created_at,
        received_at=now,
        due_at=now,
    )
    row.full_clean(validate_unique=False)
    StripeEvent.objects.bulk_create([row], ignore_conflicts=True)
    if not StripeEvent.objects.filter(pk=row.pk).exists():
        return False
    publish([row.pk])
    return True


@transaction.atomic
def revive_event(*, stripe_id: str, now: datetime) -> UUID:
    """Let an event be processed anew, whatever came of it before; return its row.

    Raises:
        NotFoundError: there is none of that id.
    """
    changed = StripeEvent.objects.filter(stripe_id=stripe_id).update(
        state=EventState.WAITING,
        attempts=0,
        due_at=now,
        taken_until=None,
        finished_at=None,
    )
    if not changed:
        raise NotFoundError(f"There is no event {stripe_id} here.")
    return StripeEvent.objects.only("pk").get(stripe_id=stripe_id).pk


def take_event(*, event_id: UUID, now: datetime) -> StripeEvent | None:
    """Take an event that is due for as long as a lease; None where there is none."""
    free = Q(taken_until__isnull=True) | Q(taken_until__lt=now)
    taken = StripeEvent.objects.filter(
        free, pk=event_id, state=EventState.WAITING, due_at__lte=now
    ).update(taken_until=now + LEASE, attempts=F("attempts") + 1)
    return StripeEvent.objects.get(pk=event_id) if taken else None


def finish_event(
    *, event_id: UUID, state: EventState, said: str, now: datetime
) -> None:
    """Close an event that a worker has."""
    StripeEvent.objects.filter(pk=event_id).update(
        state=state, last_error=said[:MOST_ERROR], taken_until=None, finished_at=now
    )


def postpone_event(*, event_id: UUID, error: str, now: datetime) -> None:
    """Put an event back after a failure, for longer each time, or give it up."""
    row = StripeEvent.objects.get(pk=event_id)
    row.last_error, row.taken_until = error[:MOST_ERROR], None
    if row.attempts >= MOST_ATTEMPTS:
        row.state, row.finished_at = EventState.FAILED, now
    row.due_at = now + wait_after(row.attempts)
    row.save(
        update_fields=["last_error", "taken_until", "state", "finished_at", "due_at"]
    )


def wait_after(attempts: int) -> timedelta:
    """Return how long to wait after so many failures: doubled each time, to a limit."""
    doublings = min(max(attempts, 1) - 1, 20)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)


def send_due_events(*, now: datetime) -> int:
    """Hand to workers what waits and is due; return how many."""
    free = Q(taken_until__isnull=True) | Q(taken_until__lt=now)
    due = StripeEvent.objects.filter(free, state=EventState.WAITING, due_at__lte=now)
    ids = list(due.order_by("due_at").values_list("pk", flat=True)[:_SENT_AT_ONCE])
    publish(ids)
    return len(ids)


def publish(event_ids: Iterable[UUID]) -> None:
    """Hand events to workers after the commit.

    Where the broker is down they wait for the next sweep: the biller is answered that
    its event has arrived, since it has.
    """
    for event_id in event_ids:
        transaction.on_commit(partial(_send, event_id))


def _send(event_id: UUID) -> None:
    try:
        enqueue("accounts.process_stripe_event", event_id=str(event_id))
    except OperationalError as error:
        logger.warning("event_not_published", id=str(event_id), error=str(error))


def get_event(*, event_id: UUID) -> StripeEvent:
    """Return an event as it is stored."""
    return StripeEvent.objects.get(pk=event_id)
