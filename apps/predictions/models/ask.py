from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from apps.core.ids import new_id
from apps.predictions.domain.words import AskStatus, ItemStatus
from apps.predictions.models.experiment import Experiment
from apps.predictions.models.prediction import Prediction

STATUSES = [(status.value, status.value) for status in AskStatus]
ITEM_STATUSES = [(status.value, status.value) for status in ItemStatus]


class AskRun(models.Model):
    """One asking of some models about some markets, held by one worker at a time.

    Without a workspace it is the operator's, and asks with the operator's keys.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(
        "accounts.Workspace", models.CASCADE, null=True, blank=True, related_name="+"
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    name = models.SlugField(max_length=60)  # its experiments' names begin with it
    trigger = models.CharField(max_length=20)
    status = models.CharField(
        max_length=20, choices=STATUSES, default=AskStatus.QUEUED.value
    )
    reason = models.CharField(max_length=300, blank=True)
    prompt_version = models.CharField(max_length=60)
    outcome = models.PositiveSmallIntegerField(default=0)
    samples = models.PositiveIntegerField(default=1)
    shows_price = models.BooleanField(default=False)
    seed = models.BigIntegerField()  # of which each sample's own is made
    max_cost = models.DecimalField(
        max_digits=12, decimal_places=6, null=True, blank=True
    )
    webhook_url = models.CharField(max_length=2000, blank=True)
    lease_token = models.UUIDField(null=True, blank=True)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    # Null marks a message to send again; the broker may have been down.
    published_at = models.DateTimeField(null=True, blank=True)
    # How often it was claimed since it last stored anything.
    takes = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    resumed_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=[one.value for one in AskStatus]),
                name="ask_run_status_known",
            ),
            models.CheckConstraint(
                condition=models.Q(outcome__in=[0, 1]), name="ask_run_outcome_known"
            ),
        ]
        indexes = [models.Index(fields=["status", "created_at"])]

    def __str__(self) -> str:
        return f"{self.name}: {self.status}"


class AskItem(models.Model):
    """One model's prediction for one market that an asking is to bring."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    run = models.ForeignKey(AskRun, models.CASCADE, related_name="items")
    experiment = models.ForeignKey(Experiment, models.CASCADE, related_name="+")
    market = models.ForeignKey("markets.Market", models.PROTECT, related_name="+")
    position = models.PositiveIntegerField()  # from 1, within its experiment
    status = models.CharField(
        max_length=20, choices=ITEM_STATUSES, default=ItemStatus.PENDING.value
    )
    reason = models.CharField(max_length=300, blank=True)
    # What each sample is asked: the same, whoever takes the asking up again.
    prompt = models.TextField(blank=True)
    prompted_at = models.DateTimeField(null=True, blank=True)
    price_shown = models.DecimalField(
        max_digits=9, decimal_places=8, null=True, blank=True
    )
    prediction = models.OneToOneField(
        Prediction, models.CASCADE, null=True, blank=True, related_name="asked"
    )

    class Meta:
        ordering = ["run", "experiment", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["run", "experiment", "market"], name="ask_item_once"
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=[one.value for one in ItemStatus]),
                name="ask_item_status_known",
            ),
            models.CheckConstraint(
                condition=(
                    models.Q(status=ItemStatus.RECORDED.value, prediction__isnull=False)
                    | ~models.Q(status=ItemStatus.RECORDED.value)
                    & models.Q(prediction__isnull=True)
                ),
                name="ask_item_recorded_with_prediction",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.market_id}: {self.status}"
