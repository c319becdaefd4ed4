from __future__ import annotations

from django.db import models

from apps.benchmarks.models.suite import SuiteVersion
from apps.benchmarks.models.task import Task


class TaskDay(models.Model):
    """Scores of one model on one task over one UTC day.

    Written in the same transaction as the results it sums, so that it can lag behind
    by nothing. Only final results of public runs are counted.
    """

    suite_version = models.ForeignKey(
        SuiteVersion, models.CASCADE, related_name="+", db_index=False
    )
    model = models.ForeignKey(
        "catalog.Model", models.PROTECT, related_name="+", db_index=False
    )
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
        indexes = [models.Index(fields=["model", "day"], name="task_day_model")]

    def __str__(self) -> str:
        return f"{self.model_id} on {self.task_id}, {self.day}"


class ModelDay(models.Model):
    """Cost, tokens and latency of one model on one suite version over a UTC day.

    `scored`, `score_sum` and `unscored` count final results, as `TaskDay` does. Cost,
    tokens and latency are of every attempt, since each was paid for. `latency` counts
    working times by bucket of `domain.latency`, so that days add up and quantiles
    keep a stated relative error.
    """

    suite_version = models.ForeignKey(
        SuiteVersion, models.CASCADE, related_name="+", db_index=False
    )
    model = models.ForeignKey(
        "catalog.Model", models.PROTECT, related_name="+", db_index=False
    )
    day = models.DateField()
    # The suite version's revision when this row, or a `TaskDay` of its model and day,
    # last changed.
    revision = models.PositiveBigIntegerField()
    scored = models.PositiveIntegerField(default=0)
    score_sum = models.FloatField(default=0)
    unscored = models.PositiveIntegerField(default=0)
    cost = models.DecimalField(max_digits=16, decimal_places=8, default=0)
    costed = models.PositiveIntegerField(default=0)  # results whose cost is known
    tokened = models.PositiveIntegerField(default=0)  # results whose tokens are known
    input_tokens = models.BigIntegerField(default=0)
    output_tokens = models.BigIntegerField(default=0)
    latency = models.JSONField(default=dict)
    last_run = models.ForeignKey(
        "benchmarks.Run", models.SET_NULL, null=True, related_name="+"
    )
    last_result_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["suite_version", "day", "model"], name="model_day_once"
            )
        ]
        indexes = [models.Index(fields=["model", "day"], name="model_day_model")]

    def __str__(self) -> str:
        return f"{self.model_id}, {self.day}"
