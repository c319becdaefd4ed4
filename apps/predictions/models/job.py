from __future__ import annotations

from django.db import models
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from django.utils import timezone

from apps.core.ids import new_id
from apps.markets.domain.markets import Nature
from apps.predictions.domain.words import JobStatus

STATUSES = [(status.value, status.value) for status in JobStatus]
# What a job counts of each nature, and of all together.
COUNTS = ("successful", "failed", "skipped", "markets_tracked")


def _of_all_natures(count: str) -> models.expressions.Combinable:
    live, recorded, simulated = (
        Cast(KT(f"natures__{nature.value}__{count}"), models.IntegerField())
        for nature in Nature
    )
    return live + recorded + simulated


class BenchmarkJob(models.Model):
    """The job of one hour, and how it went. A missing hour has no row.

    Whoever holds the lease works; a job whose lease has run out is taken up again.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    hour = models.DateTimeField(unique=True)
    status = models.CharField(
        max_length=20, choices=STATUSES, default=JobStatus.RUNNING.value
    )
    lease_token = models.UUIDField(null=True, blank=True)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    takes = models.PositiveIntegerField(default=0)
    total_processed = models.PositiveIntegerField(default=0)
    successful = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    # The first ones: {"prediction_id": …, "error": …}; `failed` counts all.
    errors = models.JSONField(default=list, blank=True)
    # How many snapshots have each direction; flagged looks are under "".
    movements = models.JSONField(default=dict, blank=True)
    markets_tracked = models.PositiveIntegerField(default=0)
    # `COUNTS` and `movements` of each nature: {"live": {"successful": …}, …}. Null
    # where nobody kept them apart.
    natures = models.JSONField(null=True, blank=True)
    duration_ms = models.PositiveIntegerField(default=0)
    fetching_ms = models.PositiveIntegerField(default=0)
    computing_ms = models.PositiveIntegerField(default=0)
    storing_ms = models.PositiveIntegerField(default=0)
    reason = models.CharField(max_length=500, blank=True)
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-hour"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=[one.value for one in JobStatus]),
                name="benchmark_job_status_known",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    total_processed=models.F("successful")
                    + models.F("failed")
                    + models.F("skipped")
                ),
                name="benchmark_job_adds_up",
            ),
            models.CheckConstraint(
                condition=models.Q(natures__isnull=True)
                | models.Q(**{count: _of_all_natures(count) for count in COUNTS}),
                name="benchmark_job_natures_add_up",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.hour}: {self.status}"
