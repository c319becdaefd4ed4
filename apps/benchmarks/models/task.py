from __future__ import annotations

from django.db import models

from apps.benchmarks.domain.specs import TaskKind
from apps.benchmarks.models.suite import SuiteVersion
from apps.core.ids import new_id

_KINDS = [(kind.value, kind.value.replace("_", " ")) for kind in TaskKind]


class TaskFamily(models.Model):
    """What the tasks drawn from one generator, or one import, have in common."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    slug = models.SlugField(max_length=100, unique=True)
    title = models.CharField(max_length=200)
    category = models.SlugField(max_length=50)

    class Meta:
        ordering = ["slug"]
        verbose_name_plural = "task families"

    def __str__(self) -> str:
        return self.title


class Task(models.Model):
    """One task of a suite version, with the check that no model sees."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    suite_version = models.ForeignKey(
        SuiteVersion, models.CASCADE, related_name="tasks"
    )
    family = models.ForeignKey(TaskFamily, models.PROTECT, related_name="tasks")
    position = models.PositiveIntegerField()
    key = models.CharField(max_length=200)
    kind = models.CharField(max_length=30, choices=_KINDS)
    category = models.SlugField(max_length=50)
    difficulty = models.CharField(max_length=20)
    prompt = models.TextField()
    # The whole specification in the lossless form of `domain.codec`.
    spec = models.JSONField()

    class Meta:
        ordering = ["suite_version", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["suite_version", "key"], name="task_key_once"
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=[kind.value for kind in TaskKind]),
                name="task_kind_known",
            ),
        ]

    def __str__(self) -> str:
        return self.key
