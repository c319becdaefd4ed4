from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from apps.catalog.models.provider import Provider
from apps.core.ids import new_id


class ProviderCredential(models.Model):
    """A workspace's own key for a provider, sealed; nothing shows it again."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(
        "accounts.Workspace", models.CASCADE, related_name="+"
    )
    provider = models.ForeignKey(Provider, models.CASCADE, related_name="credentials")
    name = models.CharField(max_length=100, blank=True)
    sealed = models.BinaryField(editable=False)
    last_four = models.CharField(max_length=4, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    created_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["provider__name"]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "provider"], name="credential_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.provider_id} of {self.workspace_id}"

    @property
    def context(self) -> str:
        """What the sealed key is bound to: it opens in this row and place alone."""
        return (
            f"catalog.ProviderCredential.sealed:{self.id}"
            f":{self.workspace_id}:{self.provider_id}"
        )
