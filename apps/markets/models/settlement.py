from __future__ import annotations

from django.db import models
from django.utils import timezone

from apps.markets.models.market import Market


class Settlement(models.Model):
    """How a market ended, and the fields of the venue that say so."""

    market = models.OneToOneField(
        Market, models.CASCADE, primary_key=True, related_name="settlement"
    )
    # What a share of the first outcome pays; null where a void one pays nothing known.
    payout = models.DecimalField(max_digits=9, decimal_places=8, null=True, blank=True)
    is_void = models.BooleanField(default=False)
    rule = models.CharField(max_length=60)
    evidence = models.JSONField(default=dict)
    settled_at = models.DateTimeField(null=True, blank=True)
    recorded_at = models.DateTimeField(default=timezone.now)
    # When the venue first said something else afterwards, and what. The settlement
    # stands until an operator looks into it.
    contradicted_at = models.DateTimeField(null=True, blank=True)
    contradiction = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(is_void=True)
                | models.Q(payout__isnull=False) & models.Q(payout__in=[0, 1]),
                name="settlement_has_a_winner_or_is_void",
            ),
            models.CheckConstraint(
                condition=models.Q(payout__isnull=True)
                | models.Q(payout__gte=0, payout__lte=1),
                name="settlement_payout_is_a_share",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.market_id}: {'void' if self.is_void else self.payout}"
