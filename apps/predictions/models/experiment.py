from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from apps.core.ids import new_id
from apps.predictions.domain.words import ExperimentKind

KINDS = [(kind.value, kind.value) for kind in ExperimentKind]


class Experiment(models.Model):
    """One way to come to a probability, and the head of the chain of its predictions.

    Without a workspace it is the operator's, and everybody sees it.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(
        "accounts.Workspace", models.CASCADE, null=True, blank=True, related_name="+"
    )
    name = models.SlugField(max_length=100)
    title = models.CharField(max_length=200, blank=True)
    description = models.TextField(blank=True)
    kind = models.CharField(max_length=20, choices=KINDS)
    model = models.ForeignKey(
        "catalog.Model", models.PROTECT, null=True, blank=True, related_name="+"
    )
    method = models.CharField(max_length=200, blank=True)
    prompt_version = models.CharField(max_length=60, blank=True)
    parameters = models.JSONField(default=dict, blank=True)
    # Its own members' alone unless this is set; the operator's are public always.
    is_public = models.BooleanField(default=False)
    # When everybody began to see it, once and for good; what it predicted before that
    # was shown by choice. Null while it is its members' alone.
    published_at = models.DateTimeField(null=True, blank=True)
    # Made from markets that had ended: shown apart, never among the others.
    is_backtest = models.BooleanField(default=False)
    # A backtest that is played now, or was cut off: nobody sees it, no score counts it.
    is_unfinished = models.BooleanField(default=False, db_default=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    created_at = models.DateTimeField(default=timezone.now)
    # Of the newest prediction: the next one carries it on.
    head_hash = models.CharField(max_length=64, blank=True)
    predictions_made = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "name"],
                name="experiment_name_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=[kind.value for kind in ExperimentKind]),
                name="experiment_kind_known",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    models.Q(workspace__isnull=True) | models.Q(is_public=True),
                    published_at__isnull=False,
                )
                | models.Q(
                    workspace__isnull=False, is_public=False, published_at__isnull=True
                ),
                name="experiment_published_when_public",
            ),
            models.CheckConstraint(
                condition=models.Q(is_unfinished=False) | models.Q(is_backtest=True),
                name="experiment_only_backtests_finish",
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.name
