from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from apps.accounts.models.subscription import Subscription
from apps.accounts.models.workspace import Workspace
from apps.core.ids import new_id

MOST_ERROR = 500


class BillingCustomer(models.Model):
    """The customer at the biller that stands for a workspace, or will.

    The row is made before the biller is asked. It holds what the request says and the
    number in its idempotency key, so that a request whose answer was lost can be made
    again and gives the same customer.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.OneToOneField(
        Workspace, models.CASCADE, related_name="billing_customer"
    )
    stripe_id = models.CharField(max_length=255, unique=True, null=True, blank=True)
    email = models.EmailField(max_length=254)
    # Counts the requests whose answers are known: part of the next idempotency keys.
    serial = models.PositiveIntegerField(default=0)
    # The page that is open for buying, and since when.
    checkout_id = models.CharField(max_length=255, blank=True)
    checkout_at = models.DateTimeField(null=True, blank=True)
    # To whom such a page promised a trial, and when: it is promised once.
    trial_email = models.EmailField(max_length=254, blank=True)
    trial_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.stripe_id or f"customer of {self.workspace_id}"


class Invoice(models.Model):
    """A mirror of an invoice: enough to list it, and where it is read."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="invoices")
    stripe_id = models.CharField(max_length=255, unique=True)
    subscription = models.ForeignKey(
        Subscription, models.SET_NULL, null=True, blank=True, related_name="invoices"
    )
    number = models.CharField(max_length=100, blank=True)
    status = models.CharField(max_length=30, blank=True)
    currency = models.CharField(max_length=3)
    total = models.DecimalField(max_digits=14, decimal_places=2)
    amount_due = models.DecimalField(max_digits=14, decimal_places=2)
    amount_paid = models.DecimalField(max_digits=14, decimal_places=2)
    created_at = models.DateTimeField()
    page_url = models.URLField(max_length=1000, blank=True)
    pdf_url = models.URLField(max_length=1000, blank=True)
    # The number of the look at the biller that this row holds.
    look = models.BigIntegerField(default=0)

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["workspace", "-created_at"])]

    def __str__(self) -> str:
        return f"{self.number or self.stripe_id}: {self.status}"


class EventState(models.TextChoices):
    """Where an event of the biller stands."""

    WAITING = "waiting", "Waiting"
    DONE = "done", "Done"
    IGNORED = "ignored", "Not ours"
    FAILED = "failed", "Given up"


class StripeEvent(models.Model):
    """One event, kept once by its id: which objects to look at, and how that went.

    What the event itself says about them is not kept: it may be older than what is
    known already, and it names people.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    stripe_id = models.CharField(max_length=255, unique=True)
    kind = models.CharField(max_length=120)
    object_id = models.CharField(max_length=255, blank=True)
    customer_id = models.CharField(max_length=255, blank=True)
    subscription_id = models.CharField(max_length=255, blank=True)
    created_at = models.DateTimeField()
    received_at = models.DateTimeField()
    state = models.CharField(
        max_length=10, choices=EventState, default=EventState.WAITING
    )
    attempts = models.PositiveIntegerField(default=0)
    last_error = models.CharField(max_length=MOST_ERROR, blank=True)
    # While it waits: not before this.
    due_at = models.DateTimeField()
    # While a worker has it: until then nobody else takes it.
    taken_until = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-received_at", "-id"]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=Q(state="waiting"),
                name="stripe_event_waiting",
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=EventState.values),
                name="stripe_event_state_known",
            )
        ]

    def __str__(self) -> str:
        return f"{self.stripe_id} {self.kind}: {self.state}"
