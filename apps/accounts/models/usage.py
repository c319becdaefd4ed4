from __future__ import annotations

from django.db import models

from apps.accounts.domain.calls import MOST_ROUTE
from apps.accounts.models.workspace import Workspace
from apps.core.ids import new_id


class ApiRequest(models.Model):
    """One call of the API. Monthly partitions; a month is dropped after 90 days.

    Rows are written past the ORM, in batches, and outlive a key that is gone, so no
    foreign key is enforced. `workspace` is null for visitors, `ip` is a network.
    """

    pk = models.CompositePrimaryKey("at", "id")
    id = models.UUIDField(default=new_id, editable=False)
    at = models.DateTimeField()
    workspace = models.ForeignKey(
        Workspace, models.CASCADE, null=True, db_constraint=False, db_index=False
    )
    key_id = models.UUIDField(null=True)
    method = models.CharField(max_length=10)
    route = models.CharField(max_length=MOST_ROUTE)
    status = models.PositiveSmallIntegerField()
    ms = models.FloatField()
    bytes = models.PositiveBigIntegerField()
    request_id = models.CharField(max_length=64)
    ip = models.GenericIPAddressField(null=True)

    class Meta:
        indexes = [models.Index(fields=["workspace", "at"], name="apirequest_time")]

    def __str__(self) -> str:
        return f"{self.method} {self.route}: {self.status}"


class UsageHour(models.Model):
    """The calls of one hour by key and endpoint, merged as requests are stored."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    hour = models.DateTimeField()
    workspace = models.ForeignKey(
        Workspace, models.CASCADE, db_constraint=False, db_index=False
    )
    key_id = models.UUIDField(null=True)
    method = models.CharField(max_length=10)
    route = models.CharField(max_length=MOST_ROUTE)
    calls = models.PositiveIntegerField()
    # Answered with 4xx (of those, 429) and with 5xx.
    refused = models.PositiveIntegerField()
    limited = models.PositiveIntegerField()
    failed = models.PositiveIntegerField()
    ms = models.FloatField()
    bytes = models.PositiveBigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "hour", "key_id", "method", "route"],
                nulls_distinct=False,
                name="usage_hour_once",
            )
        ]
        indexes = [models.Index(fields=["hour"], name="usage_hour")]

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H}h {self.method} {self.route}: {self.calls}"


class UsageWarning(models.Model):
    """That a workspace was told, on a day, of having used so much of an hour."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE)
    day = models.DateField()
    percent = models.PositiveSmallIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "day", "percent"], name="usage_warning_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.workspace_id}: {self.percent} % on {self.day}"
