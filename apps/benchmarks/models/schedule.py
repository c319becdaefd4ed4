from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models
from django.utils import timezone

from apps.benchmarks.models.suite import Suite
from apps.core.ids import new_id


class Schedule(models.Model):
    """Models to run over a suite again and again, at times given as cron.

    The row owns its `PeriodicTask`, which services.schedules keeps in step.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=200, unique=True)
    suite = models.ForeignKey(Suite, models.CASCADE, related_name="schedules")
    run_models = models.ManyToManyField("catalog.Model", blank=True, related_name="+")
    iterations = models.PositiveIntegerField(
        default=1, validators=[MinValueValidator(1)]
    )
    sample_limit = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1)]
    )
    max_cost = models.DecimalField(
        max_digits=12,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    cron = models.CharField(max_length=100, default="0 * * * *")
    is_enabled = models.BooleanField(default=True)
    benchmarks_new_models = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    last_started_at = models.DateTimeField(null=True, blank=True)
    # Why it started nothing when it was last due; empty where it started its run.
    last_skip = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(iterations__gte=1), name="schedule_iterates"
            ),
            models.CheckConstraint(
                condition=models.Q(sample_limit__isnull=True)
                | models.Q(sample_limit__gte=1),
                name="schedule_samples",
            ),
        ]

    def __str__(self) -> str:
        return self.name
