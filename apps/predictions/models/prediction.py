from __future__ import annotations

from django.db import models

from apps.core.ids import new_id
from apps.predictions.models.experiment import Experiment


class Prediction(models.Model):
    """A probability for one outcome of a market, as it was given, for ever.

    A trigger refuses every change. `content_hash` is over all that the row says and
    over the hash of its predecessor in the experiment, so that a row that was edited,
    backdated, put between or taken out is found by `predictions audit`. Prices are
    those of the predicted outcome.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    experiment = models.ForeignKey(
        Experiment, models.CASCADE, related_name="predictions", db_index=False
    )
    sequence = models.PositiveIntegerField()  # from 1, without gaps
    market = models.ForeignKey("markets.Market", models.PROTECT, related_name="+")
    outcome = models.PositiveSmallIntegerField()  # 0 or 1: which of the market's
    probability = models.DecimalField(max_digits=9, decimal_places=8)
    confidence = models.DecimalField(
        max_digits=5, decimal_places=2, null=True, blank=True
    )
    # The market when the prediction was made, whether or not it was shown.
    market_price = models.DecimalField(max_digits=9, decimal_places=8)
    market_bid = models.DecimalField(
        max_digits=9, decimal_places=8, null=True, blank=True
    )
    market_ask = models.DecimalField(
        max_digits=9, decimal_places=8, null=True, blank=True
    )
    market_flags = models.PositiveSmallIntegerField(default=0)
    market_quoted_at = models.DateTimeField()
    # None where no price was shown to whoever predicted.
    market_price_shown = models.DecimalField(
        max_digits=9, decimal_places=8, null=True, blank=True
    )
    reasoning = models.TextField(blank=True)
    cost = models.DecimalField(max_digits=14, decimal_places=8, null=True, blank=True)
    # What it was made from: samples' probabilities, members of an ensemble, …
    provenance = models.JSONField(default=dict, blank=True)
    reference = models.CharField(max_length=200, blank=True)  # the sender's own
    created_at = models.DateTimeField()
    previous_hash = models.CharField(max_length=64, blank=True)
    content_hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["experiment", "sequence"], name="prediction_place_once"
            ),
            models.UniqueConstraint(
                fields=["experiment", "reference"],
                condition=~models.Q(reference=""),
                name="prediction_reference_once",
            ),
            models.CheckConstraint(
                condition=models.Q(outcome__in=[0, 1]), name="prediction_outcome_known"
            ),
            models.CheckConstraint(
                condition=models.Q(probability__gte=0, probability__lte=1),
                name="prediction_probability_is_a_share",
            ),
            models.CheckConstraint(
                condition=models.Q(confidence__isnull=True)
                | models.Q(confidence__gte=0, confidence__lte=100),
                name="prediction_confidence_of_hundred",
            ),
            models.CheckConstraint(
                condition=models.Q(market_price__gte=0, market_price__lte=1),
                name="prediction_market_price_is_a_share",
            ),
        ]
        indexes = [
            models.Index(fields=["experiment", "-created_at"], name="prediction_newest")
        ]

    def __str__(self) -> str:
        return f"{self.probability} for {self.market_id}"
