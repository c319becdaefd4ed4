"""What the mirror holds, and in what it differs from what the biller shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.accounts.models import OPEN, BillingCustomer, Invoice, Subscription

if TYPE_CHECKING:
    from uuid import UUID

    from apps.accounts.domain.billing import SeenInvoice, SeenSubscription


def list_customers() -> dict[str, UUID]:
    """Return the workspaces by the ids of their customers."""
    rows = BillingCustomer.objects.filter(stripe_id__isnull=False)
    return {
        str(name): found
        for name, found in rows.values_list("stripe_id", "workspace_id")
    }


def list_subscriptions() -> dict[str, Subscription]:
    """Return every subscription by the biller's id."""
    return {row.stripe_id: row for row in Subscription.objects.iterator()}


def list_invoices() -> dict[str, Invoice]:
    """Return every invoice by the biller's id."""
    return {row.stripe_id: row for row in Invoice.objects.iterator()}


def is_open(status: str) -> bool:
    """Return whether a subscription may still be paid or charged."""
    return status in OPEN


def describe_subscription(row: Subscription | None, seen: SeenSubscription) -> str:
    """Return in what a row differs from what was seen, "" where in nothing."""
    if row is None:
        return "not in the mirror"
    ends = seen.cancel_at_period_end or seen.ends_at is not None
    pairs = (
        ("status", row.status, seen.status),
        ("price", row.price_id, seen.price.id),
        ("amount", row.amount, seen.price.amount),
        ("period", row.current_period_end, seen.current_period_end),
        ("trial", row.trial_ends_at, seen.trial_ends_at),
        ("planned end", row.cancel_at_period_end, ends),
        ("end", row.ended_at, seen.ended_at),
    )
    return _differences(pairs)


def describe_invoice(row: Invoice | None, seen: SeenInvoice) -> str:
    """Return in what a row differs from what was seen, "" where in nothing."""
    if row is None:
        return "not in the mirror"
    pairs = (
        ("status", row.status, seen.status),
        ("total", row.total, seen.total),
        ("paid", row.amount_paid, seen.amount_paid),
        ("number", row.number, seen.number),
    )
    return _differences(pairs)


def _differences(pairs: tuple[tuple[str, object, object], ...]) -> str:
    return "; ".join(
        f"{name} is {here}, {there} at the biller"
        for name, here, there in pairs
        if here != there
    )
