from __future__ import annotations

from django.db import models
from django.utils import timezone

from apps.predictions.domain.words import Movement
from apps.predictions.models.prediction import Prediction

MOVEMENTS = [(one.value, one.value) for one in Movement]


class Snapshot(models.Model):
    """A prediction against its market in one hour; kept by the month of the hour.

    `market_price_yes` and `market_price_no` are the first and second outcome's;
    everything else is seen from the outcome that was predicted.
    """

    pk = models.CompositePrimaryKey("prediction", "hour")
    prediction = models.ForeignKey(
        Prediction, models.CASCADE, related_name="snapshots", db_index=False
    )
    hour = models.DateTimeField()  # the full hour that it stands for
    # The prediction's own; no index, for nothing looks for a market's snapshots.
    market = models.ForeignKey(
        "markets.Market",
        models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    snapshot_at = models.DateTimeField()  # when the job looked
    observed_at = models.DateTimeField()  # when the price was true
    market_price_yes = models.FloatField()
    market_price_no = models.FloatField()
    spread = models.FloatField(null=True, blank=True)
    flags = models.PositiveSmallIntegerField(default=0)
    source = models.CharField(max_length=30)  # of the quote, as the market has it
    market_closed = models.BooleanField(default=False)
    market_resolved = models.BooleanField(default=False)
    predicted_probability = models.FloatField()
    predicted_confidence = models.FloatField(null=True, blank=True)
    abs_delta = models.FloatField()
    movement_direction = models.CharField(max_length=10, choices=MOVEMENTS, blank=True)
    convergence_rate = models.FloatField(null=True, blank=True)
    cumulative_convergence = models.FloatField()
    convergence_percentage = models.FloatField(null=True, blank=True)
    convergence_1h = models.FloatField(null=True, blank=True)
    convergence_6h = models.FloatField(null=True, blank=True)
    convergence_24h = models.FloatField(null=True, blank=True)
    convergence_7d = models.FloatField(null=True, blank=True)
    interim_skill = models.FloatField()
    hours_since_prediction = models.FloatField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["hour"]
        indexes = [models.Index(fields=["hour"], name="snapshot_hour")]

    def __str__(self) -> str:
        return f"{self.prediction_id} at {self.hour}"
