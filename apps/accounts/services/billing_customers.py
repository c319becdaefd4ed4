"""Which customer at the biller stands for a workspace, and what it is about to buy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F

from apps.accounts.models import BillingCustomer
from apps.accounts.selectors.addresses import list_same_person
from apps.accounts.selectors.billing import may_try
from apps.core.turns import await_turn

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """A customer as it is stored. `is_new`: the biller was never asked for it."""

    id: UUID
    workspace_id: UUID
    stripe_id: str
    email: str
    serial: int
    checkout_id: str
    trial_email: str
    is_new: bool = False

    def key(self, what: str) -> str:
        """Return the idempotency key of the next request for something."""
        return f"assay-{what}-{self.id}-{self.serial}"


@transaction.atomic
def ensure_customer(*, workspace_id: UUID, email: str, now: datetime) -> CustomerRow:
    """Return the row of a workspace's customer, made where there is none.

    The address of the first who asked stays: it is part of a request that may have to
    be made again as it was.
    """
    row, made = BillingCustomer.objects.get_or_create(
        workspace_id=workspace_id, defaults={"email": email, "created_at": now}
    )
    return _to_row(row, is_new=made)


@transaction.atomic
def name_customer(*, row: CustomerRow, stripe_id: str) -> CustomerRow:
    """Store which customer the biller made; of two answers the first stays."""
    BillingCustomer.objects.filter(pk=row.id, stripe_id__isnull=True).update(
        stripe_id=stripe_id, serial=F("serial") + 1
    )
    return _to_row(BillingCustomer.objects.get(pk=row.id))


@transaction.atomic
def adopt_customer(*, workspace_id: UUID, stripe_id: str, email: str) -> bool:
    """Take up a customer whose making was never stored; say whether that was so."""
    row, _ = BillingCustomer.objects.get_or_create(
        workspace_id=workspace_id, defaults={"email": email}
    )
    taken = BillingCustomer.objects.filter(pk=row.pk, stripe_id__isnull=True).update(
        stripe_id=stripe_id, serial=F("serial") + 1
    )
    return bool(taken)


@transaction.atomic
def forget_customer(*, stripe_id: str) -> bool:
    """Let go of a customer that was deleted at the biller; the next is a new one."""
    gone = BillingCustomer.objects.filter(stripe_id=stripe_id).update(
        stripe_id=None,
        serial=F("serial") + 1,
        checkout_id="",
        checkout_at=None,
    )
    return bool(gone)


@transaction.atomic
def promise_trial(*, row: CustomerRow, email: str, now: datetime) -> bool:
    """Promise a trial to whoever has that address, and say whether it was open to them.

    It is stored before the page opens that offers it, and requests at once take turns:
    pages in several workspaces cannot all promise it.
    """
    for one in list_same_person(email):
        await_turn(f"trial:{one}")
    if not may_try(row.workspace_id, email, now):
        return False
    BillingCustomer.objects.filter(pk=row.id).update(trial_email=email, trial_at=now)
    return True


@transaction.atomic
def note_checkout(*, row: CustomerRow, checkout_id: str, now: datetime) -> None:
    """Store which page is open for buying."""
    BillingCustomer.objects.filter(pk=row.id).update(
        checkout_id=checkout_id, checkout_at=now
    )


@transaction.atomic
def close_checkout(*, row: CustomerRow) -> CustomerRow:
    """Let the next page be another one, under another key.

    Two at once count once, so that both go on under the same key.
    """
    BillingCustomer.objects.filter(pk=row.id, serial=row.serial).update(
        serial=F("serial") + 1, checkout_id="", checkout_at=None
    )
    return _to_row(BillingCustomer.objects.get(pk=row.id))


def _to_row(row: BillingCustomer, *, is_new: bool = False) -> CustomerRow:
    return CustomerRow(
        id=row.id,
        workspace_id=row.workspace_id,
        stripe_id=row.stripe_id or "",
        email=row.email,
        serial=row.serial,
        checkout_id=row.checkout_id,
        trial_email=row.trial_email,
        is_new=is_new,
    )


def find_customer(*, workspace_id: UUID) -> CustomerRow | None:
    """Return the stored customer of a workspace."""
    row = BillingCustomer.objects.filter(workspace_id=workspace_id).first()
    return None if row is None else _to_row(row)
