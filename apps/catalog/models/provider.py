from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone

from apps.core.ids import new_id

KEY_VARIABLE = r"^[A-Z][A-Z0-9_]*_API_KEY$"


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
    # Its form is fixed, so that no other secret of the installation can be named.
    key_variable = models.CharField(
        max_length=100,
        blank=True,
        validators=[
            RegexValidator(KEY_VARIABLE, "Write a name such as EXAMPLE_API_KEY.")
        ],
    )
    # Nobody bills for it: its models cost nothing.
    is_local = models.BooleanField(default=False)
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
            ),
            models.CheckConstraint(
                condition=models.Q(key_variable="")
                | models.Q(key_variable__regex=KEY_VARIABLE),
                name="provider_key_variable_form",
            ),
        ]

    def __str__(self) -> str:
        return self.display_name
