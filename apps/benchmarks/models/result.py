from __future__ import annotations

from django.db import models
from django.utils import timezone

from apps.benchmarks.domain.specs import Verdict
from apps.core.ids import new_id


class Result(models.Model):
    """What one attempt at one sample (model × task × epoch) gave.

    The table is partitioned by `run_month`, copied from the run, since PostgreSQL
    wants the partition key in every unique key. Of a sample's attempts exactly the
    last one is final, and only final results are counted.
    """

    pk = models.CompositePrimaryKey("run_month", "id")
    id = models.UUIDField(default=new_id, editable=False)
    run_month = models.DateField()
    # No index of their own: each begins one of the indexes below.
    run = models.ForeignKey(
        "benchmarks.Run", models.CASCADE, related_name="results", db_index=False
    )
    model = models.ForeignKey(
        "catalog.Model", models.PROTECT, related_name="+", db_index=False
    )
    task = models.ForeignKey(
        "benchmarks.Task", models.PROTECT, related_name="+", db_index=False
    )
    epoch = models.PositiveIntegerField()
    attempt = models.PositiveIntegerField(default=1)
    is_final = models.BooleanField(default=True)
    prompt_hash = models.CharField(max_length=64)
    # NUL and lone surrogates are escaped by `domain.text.escape_text`.
    answer = models.TextField(blank=True)
    outcome = models.CharField(max_length=30)  # of the gateway: ok, refusal, …
    verdict = models.CharField(
        max_length=10, choices=[(verdict.value, verdict.value) for verdict in Verdict]
    )
    reason = models.TextField(blank=True)
    score = models.FloatField(null=True, blank=True)  # 0 to 1; null when unscored
    breakdown = models.JSONField(default=dict, blank=True)
    input_tokens = models.PositiveIntegerField(null=True, blank=True)
    output_tokens = models.PositiveIntegerField(null=True, blank=True)
    cost = models.DecimalField(max_digits=14, decimal_places=8, null=True, blank=True)
    first_token_ms = models.FloatField(null=True, blank=True)
    total_ms = models.FloatField(null=True, blank=True)
    working_ms = models.FloatField(null=True, blank=True)
    waited_ms = models.FloatField(null=True, blank=True)
    grading_ms = models.FloatField(null=True, blank=True)
    retries = models.PositiveIntegerField(default=0)
    sandbox_tier = models.CharField(max_length=1, blank=True)
    provider_model = models.CharField(max_length=200, blank=True)
    package_versions = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["run_month", "run", "model", "task", "epoch", "attempt"],
                name="result_attempt_once",
            ),
            models.UniqueConstraint(
                fields=["run_month", "run", "model", "task", "epoch"],
                condition=models.Q(is_final=True),
                name="result_final_once",
            ),
            models.CheckConstraint(
                condition=models.Q(verdict__in=[item.value for item in Verdict]),
                name="result_verdict_known",
            ),
            models.CheckConstraint(
                condition=models.Q(verdict="unscored", score__isnull=True)
                | ~models.Q(verdict="unscored") & models.Q(score__isnull=False),
                name="result_score_iff_scored",
            ),
        ]
        indexes = [
            models.Index(fields=["run", "id"], name="result_run_id"),
            models.Index(fields=["model", "created_at"], name="result_model_time"),
            models.Index(fields=["task", "created_at"], name="result_task_time"),
        ]

    def __str__(self) -> str:
        return f"{self.task_id} by {self.model_id}: {self.verdict}"
