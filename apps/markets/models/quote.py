from __future__ import annotations

from django.db import models

from apps.markets.models.market import Market


class Quote(models.Model):
    """One look at a market's price; of the first outcome. Kept by month."""

    pk = models.CompositePrimaryKey("market", "observed_at", "source")
    market = models.ForeignKey(
        Market, models.CASCADE, related_name="quotes", db_index=False
    )
    observed_at = models.DateTimeField()
    source = models.CharField(max_length=30)
    bid = models.DecimalField(max_digits=9, decimal_places=8, null=True, blank=True)
    ask = models.DecimalField(max_digits=9, decimal_places=8, null=True, blank=True)
    mid = models.DecimalField(max_digits=9, decimal_places=8, null=True, blank=True)
    last = models.DecimalField(max_digits=9, decimal_places=8, null=True, blank=True)
    spread = models.DecimalField(max_digits=9, decimal_places=8, null=True, blank=True)
    liquidity = models.DecimalField(
        max_digits=24, decimal_places=6, null=True, blank=True
    )
    age_seconds = models.PositiveIntegerField(default=0)
    flags = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(**{f"{side}__isnull": True})
                | models.Q(**{f"{side}__gte": 0, f"{side}__lte": 1}),
                name=f"quote_{side}_is_a_share",
            )
            for side in ("bid", "ask", "mid", "last")
        ]

    def __str__(self) -> str:
        return f"{self.market_id} at {self.observed_at}"
