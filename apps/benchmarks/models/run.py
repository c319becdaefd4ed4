from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from apps.benchmarks.models.suite import SuiteVersion
from apps.core.ids import new_id


class RunStatus(models.TextChoices):
    """Where a run stands."""

    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    COMPLETED = "completed", "Completed"
    CANCELLED = "cancelled", "Cancelled"
    STOPPED = "stopped", "Stopped at its cost limit"
    FAILED = "failed", "Failed"


class RunTrigger(models.TextChoices):
    """What started a run."""

    FIRST = "first", "First start"
    COMMAND = "command", "Command line"
    PAGE = "page", "Page"
    ADMIN = "admin", "Admin"
    SCHEDULE = "schedule", "Schedule"
    API = "api", "API"
    DISCOVERY = "discovery", "New model"


class ShardStatus(models.TextChoices):
    """Where one model's part of a run stands."""

    PENDING = "pending", "Pending"
    LEASED = "leased", "Leased"
    DONE = "done", "Done"
    STOPPED = "stopped", "Stopped at the cost limit"
    CANCELLED = "cancelled", "Cancelled"
    FAILED = "failed", "Failed"


class Run(models.Model):
    """One pass of some models over one suite version.

    The totals are kept in the same transaction as the results that they count: final
    ones by verdict, the cost of every attempt.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    run_month = models.DateField()  # first day of the month of creation
    workspace = models.ForeignKey(
        "accounts.Workspace", models.CASCADE, null=True, blank=True
    )
    suite_version = models.ForeignKey(SuiteVersion, models.PROTECT, related_name="runs")
    schedule = models.ForeignKey(
        "benchmarks.Schedule", models.SET_NULL, null=True, blank=True
    )
    # Started by its workspace, which brings the keys; all others use the operator's.
    is_on_demand = models.BooleanField(default=False)
    webhook_url = models.CharField(max_length=2000, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True
    )
    trigger = models.CharField(max_length=20, choices=RunTrigger)
    status = models.CharField(
        max_length=20, choices=RunStatus, default=RunStatus.QUEUED
    )
    # Suite version, task ids, seeds, sampling parameters, code and package versions.
    manifest = models.JSONField()
    epochs = models.PositiveIntegerField(default=1)
    max_cost = models.DecimalField(
        max_digits=12, decimal_places=6, null=True, blank=True
    )
    estimated_cost = models.DecimalField(
        max_digits=14, decimal_places=8, null=True, blank=True
    )
    cost = models.DecimalField(max_digits=14, decimal_places=8, default=0)
    untold = models.PositiveIntegerField(default=0)  # answers whose cost is unknown
    samples = models.PositiveIntegerField()
    passed = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    unscored = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    # Unscored results from before this moment are to be tried once more.
    resumed_at = models.DateTimeField(null=True, blank=True)
    status_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=RunStatus.values),
                name="run_status_known",
            ),
            models.CheckConstraint(
                condition=models.Q(is_on_demand=False)
                | models.Q(workspace__isnull=False),
                name="run_on_demand_has_workspace",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    samples__gte=models.F("passed")
                    + models.F("failed")
                    + models.F("unscored")
                ),
                name="run_counts_within_samples",
            ),
        ]
        indexes = [
            models.Index(fields=["suite_version", "-created_at"]),
            models.Index(fields=["status", "created_at"]),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Shard(models.Model):
    """One model's samples of a run, held by one worker at a time under a lease."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    run = models.ForeignKey(Run, models.CASCADE, related_name="shards")
    model = models.ForeignKey("catalog.Model", models.PROTECT, related_name="+")
    status = models.CharField(
        max_length=20, choices=ShardStatus, default=ShardStatus.PENDING
    )
    lease_token = models.UUIDField(null=True, blank=True)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    # Set when the broker took the message: null marks work to publish again.
    published_at = models.DateTimeField(null=True, blank=True)
    # How often it was claimed since it last stored a result.
    takes = models.PositiveIntegerField(default=0)
    samples = models.PositiveIntegerField()
    passed = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    unscored = models.PositiveIntegerField(default=0)
    cost = models.DecimalField(max_digits=14, decimal_places=8, default=0)
    untold = models.PositiveIntegerField(default=0)
    # Expected cost of the samples that are under way, held against the run's limit.
    reserved = models.DecimalField(max_digits=14, decimal_places=8, default=0)
    # How the limit of concurrent requests moved, newest last, with each reason.
    limit_changes = models.JSONField(default=list, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "model"], name="shard_once"),
            models.CheckConstraint(
                condition=models.Q(status__in=ShardStatus.values),
                name="shard_status_known",
            ),
            models.CheckConstraint(
                condition=~models.Q(status=ShardStatus.LEASED)
                | models.Q(lease_token__isnull=False, lease_expires_at__isnull=False),
                name="shard_leased_has_lease",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    samples__gte=models.F("passed")
                    + models.F("failed")
                    + models.F("unscored")
                ),
                name="shard_counts_within_samples",
            ),
        ]
        indexes = [models.Index(fields=["status", "lease_expires_at"])]

    def __str__(self) -> str:
        return f"{self.run_id}: {self.model_id}"
