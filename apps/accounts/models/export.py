from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.accounts.domain.exports import ExportState
from apps.core.ids import new_id

EXPORT_STATES = [(state.value, state.value.capitalize()) for state in ExportState]
UNDER_WAY = (ExportState.WAITING.value, ExportState.BUILDING.value)


class DataExport(models.Model):
    """An archive of a person's data: asked for, built, and thrown away again.

    The link's token is in a mail alone; here is its hash. The file is named by the id.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="exports"
    )
    state = models.CharField(
        max_length=10, choices=EXPORT_STATES, default=ExportState.WAITING.value
    )
    # Where the service was reached when it was asked for: the link begins with it.
    origin = models.CharField(max_length=300)
    asked_at = models.DateTimeField()
    # Counts the workers that took it, so that one that was given up finishes nothing.
    attempts = models.PositiveSmallIntegerField(default=0)
    leased_until = models.DateTimeField(null=True, blank=True)
    digest = models.CharField(max_length=64, blank=True, editable=False)
    size = models.PositiveBigIntegerField(null=True, blank=True)
    ready_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(state__in=UNDER_WAY),
                name="export_one_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in ExportState]),
                name="export_state_known",
            ),
            models.CheckConstraint(
                condition=~Q(state=ExportState.READY.value)
                | ~Q(digest="")
                & Q(size__isnull=False, ready_at__isnull=False)
                & Q(expires_at__isnull=False),
                name="export_ready_can_be_fetched",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.asked_at:%Y-%m-%d %H:%M} {self.state}"
