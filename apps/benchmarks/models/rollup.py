from __future__ import annotations

from django.db import models

from apps.benchmarks.models.suite import SuiteVersion
from apps.benchmarks.models.task import Task


class TaskDay(models.Model):
    """Scores of one model on one task over one UTC day.

    Written in the same statement order and transaction as the results it sums, so
    that it can lag behind by nothing. Only results of public runs are counted.
    """

    suite_version = models.ForeignKey(SuiteVersion, models.CASCADE, related_name="+")
    model = models.ForeignKey("catalog.Model", models.PROTECT, related_name="+")
    task = models.ForeignKey(Task, models.CASCADE, related_name="+")
    day = models.DateField()
    scored = models.PositiveIntegerField(default=0)
    score_sum = models.FloatField(default=0)
    unscored = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["suite_version", "day", "model", "task"], name="task_day_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.model_id} on {self.task_id}, {self.day}"


class ModelDay(models.Model):
    """Cost, tokens and latency of one model on one suite version over a UTC day.

    `latency` counts working times by bucket of `domain.latency`, so that days add
    up and quantiles keep a stated relative error.
    """

    suite_version = models.ForeignKey(SuiteVersion, models.CASCADE, related_name="+")
    model = models.ForeignKey("catalog.Model", models.PROTECT, related_name="+")
    day = models.DateField()
    scored = models.PositiveIntegerField(default=0)
    score_sum = models.FloatField(default=0)
    unscored = models.PositiveIntegerField(default=0)
    cost = models.DecimalField(max_digits=16, decimal_places=8, default=0)
    costed = models.PositiveIntegerField(default=0)  # results whose cost is known
    input_tokens = models.BigIntegerField(default=0)
    output_tokens = models.BigIntegerField(default=0)
    latency = models.JSONField(default=dict)
    last_run = models.ForeignKey("benchmarks.Run", models.SET_NULL, null=True)
    last_result_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["suite_version", "day", "model"], name="model_day_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.model_id}, {self.day}"
