from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from apps.accounts.domain.tiers import Entitlement
from apps.accounts.models.workspace import Workspace
from apps.core.ids import new_id

ENTITLEMENTS = [(one.value, one.words.capitalize()) for one in Entitlement]
MOST_CALLS = 10_000_000
MOST_DAYS = 36_500
MOST_TRIAL = 730


def _granted() -> ArrayField[list[str], list[str]]:
    return ArrayField(
        models.CharField(max_length=40, choices=ENTITLEMENTS), default=list, blank=True
    )


def _calls() -> models.PositiveIntegerField[int | None, int | None]:
    return models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_CALLS)],
        help_text="Calls of the API in an hour; empty is no limit.",
    )


def _days() -> models.PositiveIntegerField[int | None, int | None]:
    return models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_DAYS)],
        help_text="Days of history that are shown; empty is all of it.",
    )


class Tier(models.Model):
    """One plan, changed here without a deploy."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=60)
    position = models.PositiveSmallIntegerField(default=0)
    # What a workspace has that pays for nothing.
    is_default = models.BooleanField(default=False)
    is_listed = models.BooleanField(default=True)
    monthly_price = models.DecimalField(
        max_digits=10, decimal_places=2, null=True, blank=True
    )
    yearly_price = models.DecimalField(
        max_digits=10, decimal_places=2, null=True, blank=True
    )
    monthly_lookup = models.CharField(max_length=200, blank=True)
    yearly_lookup = models.CharField(max_length=200, blank=True)
    # What a workspace that never had a subscription may try for nothing.
    trial_days = models.PositiveSmallIntegerField(
        default=0, validators=[MaxValueValidator(MOST_TRIAL)]
    )
    calls_per_hour = _calls()
    history_days = _days()
    granted = _granted()

    class Meta:
        ordering = ["position", "slug"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"],
                condition=Q(is_default=True),
                name="tier_one_default",
            ),
            models.UniqueConstraint(
                fields=["monthly_lookup"],
                condition=~Q(monthly_lookup=""),
                name="tier_monthly_lookup_once",
            ),
            models.UniqueConstraint(
                fields=["yearly_lookup"],
                condition=~Q(yearly_lookup=""),
                name="tier_yearly_lookup_once",
            ),
            models.CheckConstraint(
                condition=Q(calls_per_hour__isnull=True) | Q(calls_per_hour__gte=1),
                name="tier_calls_positive",
            ),
            models.CheckConstraint(
                condition=Q(history_days__isnull=True) | Q(history_days__gte=1),
                name="tier_days_positive",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class TierOverride(models.Model):
    """What one workspace has apart from its plan, by agreement.

    `tier` stands in place of the subscribed one. A limit counts where its `sets_…` is
    true, so that "no limit" can be agreed on too.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.OneToOneField(
        Workspace, models.CASCADE, related_name="tier_override"
    )
    tier = models.ForeignKey(Tier, models.PROTECT, null=True, blank=True)
    sets_calls = models.BooleanField(default=False)
    calls_per_hour = _calls()
    sets_history = models.BooleanField(default=False)
    history_days = _days()
    granted = _granted()
    withheld = _granted()
    expires_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=300)

    def __str__(self) -> str:
        return f"{self.workspace_id}: {self.reason}"
