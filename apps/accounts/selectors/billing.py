"""What a workspace pays for, what it may buy, and what the biller's ids stand for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Lower

from apps.accounts.domain.billing import Interval
from apps.accounts.models import (
    LIVE,
    OPEN,
    BillingCustomer,
    Invoice,
    Subscription,
    SubscriptionStatus,
    Tier,
    Workspace,
)
from apps.accounts.selectors.addresses import list_same_person
from apps.accounts.selectors.entitlements import entitlements, to_view
from apps.accounts.selectors.workspaces import is_workspace
from apps.core.errors import InvalidInputError, NotFoundError

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal
    from uuid import UUID

    from apps.accounts.domain.tiers import Tier as TierView

# A paid page whose event has not come: longer than this is worth a word.
PATIENCE = timedelta(hours=24)
# So long a page for buying stays open at the biller.
PAGE_LIFE = timedelta(hours=24)
SHOWN_INVOICES = 24


@dataclass(frozen=True, slots=True)
class Plan:
    """A tier as it is sold: how often it is paid, for how much, by which key."""

    tier: TierView
    interval: Interval
    price: Decimal
    lookup_key: str


@dataclass(frozen=True, slots=True)
class SubscriptionRow:
    """A subscription as its workspace sees it.

    `grace_ends_at` is when a missing payment takes the tier away, `is_ending` whether
    an end is planned, `has_tier` whether it gives its tier at this moment.
    """

    stripe_id: str
    status: str
    status_words: str
    tier: TierView
    interval: str
    amount: Decimal | None
    currency: str
    started_at: datetime
    trial_ends_at: datetime | None
    current_period_end: datetime
    is_ending: bool
    ends_at: datetime | None
    ended_at: datetime | None
    past_due_since: datetime | None
    grace_ends_at: datetime | None
    has_tier: bool
    price_id: str

    @property
    def is_open(self) -> bool:
        """Return whether it may still be paid or charged."""
        return self.status in OPEN

    @property
    def may_change(self) -> bool:
        """Return whether its end can be planned, or taken back."""
        return self.status in LIVE

    @property
    def may_move(self) -> bool:
        """Return whether it can be moved to another plan: nothing is owed."""
        return self.status in {"trialing", "active"}


@dataclass(frozen=True, slots=True)
class InvoiceRow:
    """An invoice in a list."""

    number: str
    status: str
    currency: str
    total: Decimal
    amount_due: Decimal
    created_at: datetime
    page_url: str
    pdf_url: str


@dataclass(frozen=True, slots=True)
class Billing:
    """Everything that the billing page of a workspace shows.

    `tier` is what the workspace has at this moment, whatever gives it. `waits_since`
    is when a page was opened for buying of which nothing has been heard yet.
    """

    is_set_up: bool
    tier: TierView
    subscription: SubscriptionRow | None
    others: int
    invoices: tuple[InvoiceRow, ...]
    has_customer: bool
    waits_since: datetime | None


def is_set_up() -> bool:
    """Return whether this installation sells anything."""
    return bool(settings.STRIPE_SECRET_KEY)


def get_billing(workspace_id: UUID, now: datetime) -> Billing:
    """Return what the billing page of a workspace shows."""
    rows = list_subscriptions(workspace_id, now)
    live = [row for row in rows if row.is_open]
    shown = live[0] if live else (rows[0] if rows else None)
    customer = BillingCustomer.objects.filter(workspace_id=workspace_id).first()
    waits = customer.checkout_at if customer and customer.checkout_id else None
    if live or (waits is not None and now - waits > PATIENCE):
        waits = None
    return Billing(
        is_set_up=is_set_up(),
        tier=entitlements(workspace_id, now).tier,
        subscription=shown,
        others=max(0, len(live) - 1),
        invoices=list_invoices(workspace_id),
        has_customer=bool(customer and customer.stripe_id),
        waits_since=waits,
    )


def list_subscriptions(workspace_id: UUID, now: datetime) -> list[SubscriptionRow]:
    """Return a workspace's subscriptions, the one that gives most first."""
    found = Subscription.objects.select_related("tier").filter(
        workspace_id=workspace_id
    )
    ranked = sorted(
        found,
        key=lambda one: (one.status in OPEN, one.tier.position, one.started_at),
        reverse=True,
    )
    return [_to_row(one, now) for one in ranked]


def get_open_subscription(workspace_id: UUID, now: datetime) -> SubscriptionRow:
    """Return the subscription that a workspace has.

    Raises:
        NotFoundError: it has none.
    """
    for row in list_subscriptions(workspace_id, now):
        if row.is_open:
            return row
    raise NotFoundError("This workspace has no subscription.")


def list_invoices(workspace_id: UUID) -> tuple[InvoiceRow, ...]:
    """Return a workspace's invoices, the newest first; drafts are nobody's business."""
    found = Invoice.objects.filter(workspace_id=workspace_id).exclude(status="draft")
    return tuple(
        InvoiceRow(
            number=one.number,
            status=one.status,
            currency=one.currency,
            total=one.total,
            amount_due=one.amount_due,
            created_at=one.created_at,
            page_url=one.page_url,
            pdf_url=one.pdf_url,
        )
        for one in found[:SHOWN_INVOICES]
    )


def list_plans() -> tuple[Plan, ...]:
    """Return everything that is for sale, in the order of the tiers."""
    tiers = [to_view(one) for one in Tier.objects.filter(is_listed=True)]
    return tuple(plan for tier in tiers for plan in plans_of(tier))


def plans_of(tier: TierView) -> tuple[Plan, ...]:
    """Return how a tier is sold: by the month, by the year, or not at all."""
    offers = (
        (Interval.MONTH, tier.monthly_price, tier.monthly_lookup),
        (Interval.YEAR, tier.yearly_price, tier.yearly_lookup),
    )
    return tuple(
        Plan(tier, interval, price, key)
        for interval, price, key in offers
        if price and key
    )


def get_plan(tier: str, interval: str) -> Plan:
    """Return one thing that is for sale.

    Raises:
        InvalidInputError: it is not; the message says what is.
    """
    plans = list_plans()
    for plan in plans:
        if (plan.tier.slug, plan.interval.value) == (tier, interval):
            return plan
    sold = ", ".join(f"{one.tier.slug} by the {one.interval}" for one in plans)
    raise InvalidInputError(
        f"{tier[:40]!r} by the {interval[:20]!r} is not for sale; there is: "
        f"{sold or 'nothing'}."
    )


def may_try(workspace_id: UUID, email: str, now: datetime) -> bool:
    """Return whether a trial is open to whoever has that address, in this workspace.

    They had no subscription by any of their addresses, and no page that may still be
    open promises them a trial of another workspace.
    """
    customers = BillingCustomer.objects.annotate(
        theirs=Lower("email"), tries=Lower("trial_email")
    )
    theirs = list_same_person(email)
    known = customers.filter(Q(theirs__in=theirs) | Q(tries__in=theirs))
    had = Subscription.objects.filter(
        Q(workspace_id=workspace_id) | Q(workspace_id__in=known.values("workspace_id"))
    )
    promised = customers.filter(tries__in=theirs, trial_at__gt=now - PAGE_LIFE)
    return not (had.exists() or promised.exclude(workspace_id=workspace_id).exists())


def lacks_customer(workspace_id: UUID) -> bool:
    """Return whether there is such a workspace, and no customer stands for it."""
    known = BillingCustomer.objects.filter(
        workspace_id=workspace_id, stripe_id__isnull=False
    )
    return is_workspace(workspace_id) and not known.exists()


def has_open_subscription(workspace_id: UUID) -> bool:
    """Return whether a workspace may still be charged: then it must not vanish."""
    return Subscription.objects.filter(
        workspace_id=workspace_id, status__in=OPEN
    ).exists()


def is_to_be_deleted(workspace_id: UUID) -> bool:
    """Return whether a workspace goes, by itself or with the person whose own it is."""
    going = Q(deletion_due_at__isnull=False) | Q(
        personal_of__deletion_due_at__isnull=False
    )
    return Workspace.objects.filter(going, pk=workspace_id).exists()


def list_doomed(now: datetime) -> tuple[UUID, ...]:
    """Return the workspaces that are due to be deleted and still pay."""
    paying = Subscription.objects.filter(
        status__in=OPEN, workspace__deletion_due_at__lte=now
    )
    return tuple(paying.values_list("workspace_id", flat=True).distinct())


def find_workspace(customer_id: str) -> UUID | None:
    """Return the workspace that a customer at the biller stands for."""
    found = BillingCustomer.objects.filter(stripe_id=customer_id).exclude(stripe_id="")
    return found.values_list("workspace_id", flat=True).first()


def _to_row(one: Subscription, now: datetime) -> SubscriptionRow:
    grace_ends_at = None
    if one.status == SubscriptionStatus.PAST_DUE and one.past_due_since:
        grace = timedelta(days=settings.BILLING_GRACE_DAYS)
        grace_ends_at = one.past_due_since + grace
    return SubscriptionRow(
        stripe_id=one.stripe_id,
        status=one.status,
        status_words=SubscriptionStatus(one.status).label,
        tier=to_view(one.tier),
        interval=one.interval,
        amount=one.amount,
        currency=one.currency,
        started_at=one.started_at,
        trial_ends_at=one.trial_ends_at,
        current_period_end=one.current_period_end,
        is_ending=one.cancel_at_period_end,
        ends_at=one.ends_at or one.current_period_end,
        ended_at=one.ended_at,
        past_due_since=one.past_due_since,
        grace_ends_at=grace_ends_at,
        has_tier=one.is_live and (grace_ends_at is None or now < grace_ends_at),
        price_id=one.price_id,
    )
