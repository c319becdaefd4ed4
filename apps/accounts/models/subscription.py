from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from apps.accounts.models.tier import Tier
from apps.accounts.models.workspace import Workspace
from apps.core.ids import new_id


class SubscriptionStatus(models.TextChoices):
    """Stripe's words for where a subscription stands."""

    INCOMPLETE = "incomplete", "Incomplete"
    INCOMPLETE_EXPIRED = "incomplete_expired", "Never paid"
    TRIALING = "trialing", "Trial"
    ACTIVE = "active", "Active"
    PAST_DUE = "past_due", "Past due"
    CANCELED = "canceled", "Canceled"
    UNPAID = "unpaid", "Unpaid"
    PAUSED = "paused", "Paused"


# These give a tier; the rest is history.
LIVE = ("trialing", "active", "past_due")
# These may still be paid or charged, so that no second one is sold beside them.
OPEN = (*LIVE, "incomplete", "unpaid", "paused")


class Interval(models.TextChoices):
    """How often it is paid."""

    MONTH = "month", "Monthly"
    YEAR = "year", "Yearly"


class Subscription(models.Model):
    """A mirror of the biller's subscription, written from what it says and no other."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(
        Workspace, models.CASCADE, related_name="subscriptions"
    )
    stripe_id = models.CharField(max_length=255, unique=True)
    status = models.CharField(max_length=30, choices=SubscriptionStatus)
    tier = models.ForeignKey(Tier, models.PROTECT)
    interval = models.CharField(max_length=10, choices=Interval)
    started_at = models.DateTimeField()
    trial_ends_at = models.DateTimeField(null=True, blank=True)
    current_period_end = models.DateTimeField()
    cancel_at_period_end = models.BooleanField(default=False)
    ended_at = models.DateTimeField(null=True, blank=True)
    # When it ends by itself, where that is planned.
    ends_at = models.DateTimeField(null=True, blank=True)
    # Since when a payment is missing: access goes on for a while.
    past_due_since = models.DateTimeField(null=True, blank=True)
    # The one item that it has, and what is paid for it; empty in rows made by hand.
    item_id = models.CharField(max_length=255, blank=True)
    price_id = models.CharField(max_length=255, blank=True, db_index=True)
    amount = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    # The number of the look at the biller that this row holds.
    look = models.BigIntegerField(default=0)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-started_at"]
        indexes = [models.Index(fields=["workspace", "status"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=SubscriptionStatus.values),
                name="subscription_status_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stripe_id}: {self.status}"

    @property
    def is_live(self) -> bool:
        """Return whether it gives a tier, a grace period set aside."""
        return self.status in LIVE
