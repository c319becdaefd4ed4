from __future__ import annotations

from django.db import models
from django.utils import timezone

from apps.core.ids import new_id


class Suite(models.Model):
    """A named collection of tasks; its versions hold the tasks themselves."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(
        "accounts.Workspace", models.CASCADE, null=True, blank=True
    )
    slug = models.SlugField(max_length=100, unique=True)
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    is_public = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["slug"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(is_public=True) | models.Q(workspace__isnull=False),
                name="suite_private_has_workspace",
            )
        ]

    def __str__(self) -> str:
        return self.title


class SuiteVersion(models.Model):
    """The tasks of a suite as they stood when they were drawn or imported."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    suite = models.ForeignKey(Suite, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    seed = models.BigIntegerField(null=True, blank=True)
    source = models.CharField(max_length=200, blank=True)
    # SHA-256 over the canonical form of all tasks: the same content is one version.
    content_hash = models.CharField(max_length=64)
    # Grows in every transaction that changes the rollups: what was computed from them
    # may be kept for as long as this number stands.
    revision = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["suite", "-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["suite", "number"], name="suite_version_number_once"
            ),
            models.UniqueConstraint(
                fields=["suite", "content_hash"], name="suite_version_content_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.suite.slug} v{self.number}"
