from __future__ import annotations

from django.conf import settings
from django.db import models

from apps.accounts.models.workspace import Workspace
from apps.core.ids import new_id


class AuditEvent(models.Model):
    """One act that matters for security. A trigger of the table refuses changes.

    Nothing is deleted with the workspace or the person it names: an eraser blanks what
    tells who it was, and leaves that it was.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    at = models.DateTimeField()
    act = models.CharField(max_length=60)
    workspace = models.ForeignKey(
        Workspace, models.DO_NOTHING, null=True, blank=True, db_constraint=False
    )
    # Whom it concerns besides the one who acted, such as a member who was removed.
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.DO_NOTHING,
        null=True,
        blank=True,
        db_constraint=False,
        related_name="+",
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.DO_NOTHING,
        null=True,
        blank=True,
        db_constraint=False,
        related_name="+",
    )
    actor_label = models.CharField(max_length=254, blank=True)
    key_id = models.UUIDField(null=True, blank=True)
    ip = models.GenericIPAddressField(null=True, blank=True)
    subject = models.CharField(max_length=300, blank=True)
    details = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["workspace", "-at"]),
            models.Index(fields=["actor", "-at"]),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.act}"
