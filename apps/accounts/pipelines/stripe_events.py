"""Events of the biller: kept when they arrive, acted upon afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from apps.accounts.gateways.biller import open_biller
from apps.accounts.models import EventState
from apps.accounts.pipelines import looks
from apps.accounts.services import stripe_events as inbox
from apps.core.errors import AppError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from uuid import UUID

    from apps.accounts.gateways.biller import Biller
    from apps.accounts.models import StripeEvent

    Clock = Callable[[], datetime]

logger = structlog.get_logger(__name__)

NOT_OURS = "It is about nothing of ours."
NO_USE = "Nothing here depends on events of this kind."
_SUBSCRIPTION = ("customer.subscription.", "checkout.session.")


def receive_event(*, body: bytes, signature: str, now: datetime) -> bool:
    """Keep a signed event, once; return whether it was new.

    Raises:
        SignatureError: it is not signed by the biller, or was so too long ago.
        NotSetUpError: this installation has no biller.
    """
    event = open_biller().read_event(body, signature, now)
    return inbox.store_event(event=event, now=now)


def process_event(*, event_id: UUID, clock: Clock) -> EventState | None:
    """Look at what an event is about; None where another worker has it or it is done.

    A failure is kept with the event, which is tried again later. What is no
    anticipated failure is raised besides.
    """
    event = inbox.take_event(event_id=event_id, now=clock())
    if event is None:
        return None
    try:
        said = _act(open_biller(), event, clock)
    except Exception as error:
        inbox.postpone_event(event_id=event_id, error=_describe(error), now=clock())
        logger.warning("event_failed", id=event.stripe_id, error=_describe(error))
        if not isinstance(error, AppError):
            raise
        return EventState.WAITING
    state = EventState.IGNORED if said else EventState.DONE
    inbox.finish_event(event_id=event_id, state=state, said=said, now=clock())
    return state


def replay_event(*, stripe_id: str, clock: Clock) -> StripeEvent:
    """Process an event anew, fetching it where it never arrived; return its row.

    Raises:
        NotFoundError: neither the inbox nor the biller has it.
    """
    try:
        event_id = inbox.revive_event(stripe_id=stripe_id, now=clock())
    except NotFoundError:
        inbox.store_event(event=open_biller().get_event(stripe_id), now=clock())
        event_id = inbox.revive_event(stripe_id=stripe_id, now=clock())
    process_event(event_id=event_id, clock=clock)
    return inbox.get_event(event_id=event_id)


def _act(biller: Biller, event: StripeEvent, clock: Clock) -> str:
    """Look at the objects of an event; return why nothing came of it, or ""."""
    ours = []
    if event.kind.startswith(_SUBSCRIPTION):
        if not event.subscription_id:
            return NO_USE
        ours.append(looks.look_at_subscription(biller, event.subscription_id, clock))
    elif event.kind.startswith("invoice.") and event.object_id:
        if event.subscription_id:
            ours.append(
                looks.look_at_subscription(biller, event.subscription_id, clock)
            )
        ours.append(looks.look_at_invoice(biller, event.object_id))
    elif event.kind in {"customer.created", "customer.updated", "customer.deleted"}:
        ours.append(looks.look_at_customer(biller, event.customer_id))
    else:
        return NO_USE
    return "" if any(ours) else NOT_OURS


def _describe(error: Exception) -> str:
    if isinstance(error, AppError):
        return f"{error.code}: {error}"
    # What it says may quote what no log should hold.
    return type(error).__name__
