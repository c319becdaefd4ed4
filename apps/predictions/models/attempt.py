from __future__ import annotations

from django.db import models
from django.utils import timezone

from apps.core.ids import new_id
from apps.predictions.domain.words import AttemptOutcome
from apps.predictions.models.ask import AskItem
from apps.predictions.models.experiment import Experiment
from apps.predictions.models.prediction import Prediction

OUTCOMES = [(outcome.value, outcome.value) for outcome in AttemptOutcome]


class Attempt(models.Model):
    """One question to a model about a market, with what came of it; refusals too."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    experiment = models.ForeignKey(Experiment, models.CASCADE, related_name="attempts")
    market = models.ForeignKey("markets.Market", models.PROTECT, related_name="+")
    prediction = models.ForeignKey(
        Prediction, models.CASCADE, null=True, blank=True, related_name="attempts"
    )
    item = models.ForeignKey(
        AskItem, models.CASCADE, null=True, blank=True, related_name="attempts"
    )
    sample = models.PositiveIntegerField()  # which of the n, from 1
    attempt = models.PositiveIntegerField(default=1)  # an unreadable one is repeated
    outcome = models.CharField(max_length=20, choices=OUTCOMES)
    prompt = models.TextField()
    answer = models.TextField(blank=True)
    reason = models.TextField(blank=True)
    probability = models.FloatField(null=True, blank=True)
    confidence = models.FloatField(null=True, blank=True)
    reasoning = models.TextField(blank=True)
    finish = models.CharField(max_length=30, blank=True)  # the catalogue's outcome
    provider_model = models.CharField(max_length=200, blank=True)
    input_tokens = models.PositiveIntegerField(null=True, blank=True)
    output_tokens = models.PositiveIntegerField(null=True, blank=True)
    cost = models.DecimalField(max_digits=14, decimal_places=8, null=True, blank=True)
    working_ms = models.FloatField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(outcome__in=[one.value for one in AttemptOutcome]),
                name="attempt_outcome_known",
            ),
            models.UniqueConstraint(
                fields=["item", "sample", "attempt"], name="attempt_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.market_id}: {self.outcome}"
