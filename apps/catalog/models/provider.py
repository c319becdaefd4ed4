from __future__ import annotations

from django.db import models
from django.utils import timezone

from apps.core.ids import new_id


class GatewayKind(models.TextChoices):
    """Which gateway speaks to the provider."""

    ANTHROPIC = "anthropic", "Anthropic"
    OPENAI_COMPATIBLE = "openai_compatible", "OpenAI-compatible"
    EMBEDDED = "embedded", "Embedded"


class Provider(models.Model):
    """A company or server that answers for models."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.SlugField(max_length=100, unique=True)
    display_name = models.CharField(max_length=200)
    gateway = models.CharField(max_length=30, choices=GatewayKind)
    base_url = models.CharField(max_length=500, blank=True)
    # The name of the environment variable, never the key itself.
    key_variable = models.CharField(max_length=100, blank=True)
    website_url = models.URLField(blank=True)
    documentation_url = models.URLField(blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)
    synced_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(gateway__in=GatewayKind.values),
                name="provider_gateway_known",
            )
        ]

    def __str__(self) -> str:
        return self.display_name
