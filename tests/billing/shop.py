"""A workspace, Stripe, and what goes on between them."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from apps.accounts.models import AuditEvent, StripeEvent, Subscription
from apps.accounts.pipelines.billing import Buyer, start_checkout
from apps.accounts.pipelines.stripe_events import process_event, receive_event
from apps.accounts.selectors.entitlements import entitlements
from tests.fakes.stripe.webhooks import sign, write

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from apps.accounts.domain.tiers import Entitlements
    from tests.accounts.cast import Cast
    from tests.fakes.stripe import FakeStripe

Event = dict[str, Any]


def clock() -> datetime:
    return datetime.now(UTC)


def receive(event: Event, secret: str, *, moment: int | None = None) -> bool:
    """Take an event in as the webhook does."""
    body = write(event)
    signature = sign(body, secret, moment or int(time.time()))
    return receive_event(body=body, signature=signature, now=clock())


@dataclass
class Shop:
    """The owner's workspace as a customer of the fake."""

    stripe: FakeStripe
    cast: Cast

    @property
    def workspace_id(self) -> UUID:
        return self.cast.workspace.id

    def buyer(
        self, workspace_id: UUID | None = None, email: str | None = None
    ) -> Buyer:
        return Buyer(
            workspace_id=workspace_id or self.workspace_id,
            email=self.cast.owner.email if email is None else email,
            done_url="https://assay.example/done/",
            left_url="https://assay.example/left/",
        )

    def open_page(self, interval: str = "month", **buyer: Any) -> str:
        """Go to Stripe's page, and return the session's id."""
        url = start_checkout(
            buyer=self.buyer(**buyer), tier="pro", interval=interval, clock=clock
        )
        return url.rsplit("/", 1)[1]

    def buy(self, interval: str = "month", *, card: str = "good", **buyer: Any) -> str:
        """Pay on Stripe's page; nobody tells us yet. Return the subscription's id."""
        page = self.open_page(interval, **buyer)
        return str(self.stripe.complete(page, card=card)["id"])

    def tell(self, events: Iterable[Event] | None = None) -> None:
        """Take in the events that happened, and do what they ask."""
        chosen = self.stripe.undelivered() if events is None else list(events)
        if events is None:
            self.stripe.told = len(self.stripe.books.events)
        for event in chosen:
            receive(event, self.stripe.secret)
        self.work()

    def work(self) -> None:
        """Process everything that waits, as the workers do."""
        for row in StripeEvent.objects.filter(state="waiting").order_by("received_at"):
            process_event(event_id=row.id, clock=clock)

    def subscribe(self, interval: str = "month", **options: Any) -> str:
        bought = self.buy(interval, **options)
        self.tell()
        return bought

    def entitled(self, *, days: float = 0) -> Entitlements:
        """Return what the workspace has, so many days from now."""
        return entitlements(self.workspace_id, clock() + timedelta(days=days))

    @property
    def tier(self) -> str:
        return self.entitled().tier.slug

    def row(self, stripe_id: str) -> Subscription:
        return Subscription.objects.get(stripe_id=stripe_id)

    def tier_changes(self) -> list[tuple[str, str]]:
        found = AuditEvent.objects.filter(
            workspace_id=self.workspace_id, act="tier.changed"
        )
        return [
            (event.details["from"], event.details["to"])
            for event in found.order_by("at", "id")
        ]
