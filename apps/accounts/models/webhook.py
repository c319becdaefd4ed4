from __future__ import annotations

from django.db import models

from apps.accounts.models.workspace import Workspace
from apps.core.ids import new_id


class DeliveryStatus(models.TextChoices):
    """Where a callback stands."""

    PENDING = "pending", "Pending"
    DELIVERED = "delivered", "Delivered"
    FAILED = "failed", "Failed"


class WebhookSecret(models.Model):
    """What a workspace's callbacks are signed with, sealed; two at most are valid."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    sealed = models.BinaryField(editable=False)
    created_at = models.DateTimeField()
    # Set when another took its place: it signs beside that one until then.
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace"],
                condition=models.Q(expires_at__isnull=True),
                name="webhook_secret_current_once",
            )
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def context(self) -> str:
        """What the sealed secret is bound to: it opens in this row alone."""
        return f"accounts.WebhookSecret.sealed:{self.id}:{self.workspace_id}"


class Delivery(models.Model):
    """One callback of a workspace, tried until it is taken or given up."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=60)
    # What it tells of: what happened once is told once.
    reference = models.CharField(max_length=120)
    url = models.CharField(max_length=2000)
    body = models.TextField()
    status = models.CharField(
        max_length=20, choices=DeliveryStatus, default=DeliveryStatus.PENDING
    )
    attempts = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField(null=True, blank=True)
    # A worker is at it until then; one that died is waited for no longer.
    leased_until = models.DateTimeField(null=True, blank=True)
    last_status = models.PositiveSmallIntegerField(null=True, blank=True)
    last_error = models.CharField(max_length=300, blank=True)
    # The start of what the receiver said, to find its fault by.
    last_reply = models.CharField(max_length=1000, blank=True)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "deliveries"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "reference"], name="delivery_once"
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=DeliveryStatus.values),
                name="delivery_status_known",
            ),
            models.CheckConstraint(
                condition=~models.Q(status=DeliveryStatus.PENDING)
                | models.Q(next_at__isnull=False),
                name="delivery_pending_has_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_at"],
                condition=models.Q(status="pending"),
                name="delivery_due",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.workspace_id}"
