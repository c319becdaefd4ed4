"""The mirror of what the biller says: subscriptions and invoices.

Looks at the biller are numbered before they begin. A row keeps the number of the look
that it holds, and an older look never overwrites a newer one: events may then be
processed in any order and at once, without a lock while the biller is asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection, transaction

from apps.accounts.domain.audit import SYSTEM, Act
from apps.accounts.models import (
    LIVE,
    BillingCustomer,
    Interval,
    Invoice,
    Subscription,
    SubscriptionStatus,
    Tier,
)
from apps.accounts.selectors.entitlements import entitlements
from apps.accounts.services.audit import record
from apps.core.errors import ConflictError

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from apps.accounts.domain.billing import SeenInvoice, SeenSubscription


def begin_look() -> int:
    """Return the number of a look at the biller that begins now."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('accounts_look_seq')")
        return int(cursor.fetchone()[0])


@transaction.atomic
def store_subscription(
    *, workspace_id: UUID, seen: SeenSubscription, look: int, now: datetime
) -> bool:
    """Store a subscription as it was seen; return whether the mirror took it.

    What it changes in the workspace's tier goes into the audit log.

    Raises:
        ConflictError: its price names no tier, or it is no such subscription as ours.
    """
    if seen.items != 1:
        raise ConflictError(
            f"The subscription {seen.id} has {seen.items} items where one is expected."
        )
    _take_turns(workspace_id)
    row = Subscription.objects.filter(stripe_id=seen.id).first()
    if row is not None and row.look >= look:
        return False
    before = entitlements(workspace_id, now).tier
    row = row or Subscription(stripe_id=seen.id)
    tier, interval = _find_tier(seen, row)
    row.workspace_id = workspace_id
    row.tier, row.interval = tier, interval
    row.past_due_since = _since(seen, row, now)
    row.status = seen.status
    row.item_id, row.price_id = seen.item_id, seen.price.id
    row.amount, row.currency = seen.price.amount, seen.price.currency
    row.started_at, row.trial_ends_at = seen.started_at, seen.trial_ends_at
    row.current_period_end = seen.current_period_end
    row.cancel_at_period_end = seen.cancel_at_period_end or seen.ends_at is not None
    row.ends_at, row.ended_at = seen.ends_at, seen.ended_at
    row.look, row.updated_at = look, now
    row.full_clean()
    row.save()
    _record_change(workspace_id, before.slug, seen, now)
    return True


@transaction.atomic
def close_subscription(*, stripe_id: str, look: int, now: datetime) -> bool:
    """End a subscription that the biller no longer knows."""
    row = Subscription.objects.filter(stripe_id=stripe_id, status__in=LIVE).first()
    if row is None:
        return False
    _take_turns(row.workspace_id)
    row.refresh_from_db()
    if row.look >= look:
        return False
    before = entitlements(row.workspace_id, now).tier
    row.status = SubscriptionStatus.CANCELED
    row.ended_at, row.look, row.updated_at = now, look, now
    row.save(update_fields=["status", "ended_at", "look", "updated_at"])
    after = entitlements(row.workspace_id, now).tier
    if before.slug != after.slug:
        _record(row.workspace_id, before.slug, after.slug, stripe_id, now)
    return True


@transaction.atomic
def store_invoice(*, workspace_id: UUID, seen: SeenInvoice, look: int) -> bool:
    """Store an invoice as it was seen; return whether the mirror took it."""
    _take_turns(workspace_id)
    row = Invoice.objects.filter(stripe_id=seen.id).first()
    if row is not None and row.look >= look:
        return False
    row = row or Invoice(stripe_id=seen.id)
    row.workspace_id, row.look = workspace_id, look
    row.subscription = Subscription.objects.filter(
        stripe_id=seen.subscription_id, workspace_id=workspace_id
    ).first()
    row.number, row.status, row.currency = seen.number, seen.status, seen.currency
    row.total, row.amount_due = seen.total, seen.amount_due
    row.amount_paid, row.created_at = seen.amount_paid, seen.created_at
    row.page_url, row.pdf_url = seen.page_url, seen.pdf_url
    row.full_clean()
    row.save()
    return True


def _take_turns(workspace_id: UUID) -> None:
    """Let writes for one workspace follow one another."""
    list(
        BillingCustomer.objects.select_for_update()
        .filter(workspace_id=workspace_id)
        .values_list("pk")
    )


def _since(seen: SeenSubscription, row: Subscription, now: datetime) -> datetime | None:
    """Return since when a payment is missing; a later failure does not restart it."""
    if seen.status != SubscriptionStatus.PAST_DUE:
        return None
    return row.past_due_since or seen.unpaid_since or now


def _find_tier(seen: SeenSubscription, row: Subscription) -> tuple[Tier, str]:
    """Return the tier that is paid for, and how often.

    A price says so by its lookup key or its metadata, a subscription by agreement by
    its own. A lookup key that went to a newer price leaves the tier as it was.
    """
    key, price = seen.price.lookup_key, seen.price
    named = price.tier or seen.tier
    for tier in Tier.objects.all():
        by_key = key and key in {tier.monthly_lookup, tier.yearly_lookup}
        if (named == tier.slug or by_key) and price.interval in Interval.values:
            return tier, price.interval
    known = row if row.price_id == price.id else _with_price(price.id)
    if known is not None and known.tier_id is not None:
        return known.tier, known.interval
    raise ConflictError(
        f"The price {price.id} of the subscription {seen.id} names no tier: give it "
        "the lookup key of one, or the metadata assay_tier, and replay the event."
    )


def _with_price(price_id: str) -> Subscription | None:
    return (
        Subscription.objects.select_related("tier")
        .filter(price_id=price_id)
        .order_by("-updated_at")
        .first()
    )


def _record_change(
    workspace_id: UUID, before: str, seen: SeenSubscription, now: datetime
) -> None:
    after = entitlements(workspace_id, now).tier.slug
    if after != before:
        _record(workspace_id, before, after, seen.id, now)


def _record(
    workspace_id: UUID, before: str, after: str, subject: str, now: datetime
) -> None:
    record(
        act=Act.TIER_CHANGED,
        actor=SYSTEM,
        now=now,
        workspace_id=workspace_id,
        subject=subject,
        details={"from": before, "to": after},
    )
