from __future__ import annotations

from django.db import models

from apps.accounts.models.workspace import Workspace
from apps.core.ids import new_id


class KeptAnswer(models.Model):
    """The answer to a request that carried an idempotency key, kept for a day."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField(default=dict)
    body = models.TextField()
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "key"], name="kept_answer_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.key} of {self.workspace_id}"
