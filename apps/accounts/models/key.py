from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from apps.accounts.domain.keys import KeyPower, Scope
from apps.accounts.models.workspace import Workspace
from apps.core.ids import new_id

POWERS = [(KeyPower.READ_WRITE.value, "Reads and writes"), ("ro", "Only reads")]
SCOPES = [(scope.value, scope.value) for scope in Scope]


class ApiKey(models.Model):
    """A key of a workspace. The key itself is shown once and kept nowhere."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="keys")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    name = models.CharField(max_length=80)
    power = models.CharField(max_length=2, choices=POWERS)
    scopes = ArrayField(models.CharField(max_length=20, choices=SCOPES))
    # SHA-256 in hexadecimal: what a request is looked up by.
    digest = models.CharField(max_length=64, unique=True)
    last_four = models.CharField(max_length=4)
    networks = ArrayField(models.CharField(max_length=49), default=list, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    # Behind by up to a minute.
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = "API key"
        constraints = [
            models.CheckConstraint(
                condition=Q(power__in=[power.value for power in KeyPower]),
                name="key_power_known",
            ),
            models.CheckConstraint(
                condition=Q(power=KeyPower.READ_WRITE.value)
                | ~Q(scopes__overlap=[one.value for one in Scope if one.is_write]),
                name="key_that_reads_only_reads",
            ),
            models.CheckConstraint(
                condition=Q(scopes__len__gte=1), name="key_has_scopes"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} (…{self.last_four})"
