from __future__ import annotations

from django.db import models

from apps.markets.domain.markets import Nature
from apps.predictions.models.experiment import Experiment

NATURES = [(nature.value, nature.value) for nature in Nature]


class ExperimentScore(models.Model):
    """Where an experiment stands on the venues of one nature, as last computed.

    All that a board shows of it, so that reading one touches no prediction. `skill` is
    the mean over events of the settled skill, and of the interim one of the `waiting`
    predictions; `settled_skill` that of the settled ones alone.
    """

    experiment = models.ForeignKey(
        Experiment, models.CASCADE, related_name="scores", db_index=False
    )
    nature = models.CharField(max_length=20, choices=NATURES)
    computed_at = models.DateTimeField()
    predictions = models.PositiveIntegerField()
    events = models.PositiveIntegerField()
    settled = models.PositiveIntegerField()
    settled_events = models.PositiveIntegerField()
    void = models.PositiveIntegerField()
    waiting = models.PositiveIntegerField()
    copied = models.PositiveIntegerField()
    price_shown = models.PositiveIntegerField()
    # Predictions from before everybody saw the experiment: all, until it is public.
    published_afterwards = models.PositiveIntegerField()

    skill = models.FloatField(null=True)
    skill_error = models.FloatField(null=True)
    skill_low = models.FloatField(null=True)
    skill_high = models.FloatField(null=True)
    skill_n = models.PositiveIntegerField()
    skill_events = models.PositiveIntegerField()
    settled_skill = models.FloatField(null=True)
    settled_low = models.FloatField(null=True)
    settled_high = models.FloatField(null=True)
    settled_p = models.FloatField(null=True)  # one-sided: no better than the market
    # Of the settled predictions that were made while everybody saw the experiment.
    public_events = models.PositiveIntegerField()
    public_p = models.FloatField(null=True)
    interim_skill = models.FloatField(null=True)
    brier = models.FloatField(null=True)
    market_brier = models.FloatField(null=True)
    log_score = models.FloatField(null=True)

    convergence = models.FloatField(null=True)  # points towards the predictions
    convergence_rate = models.FloatField(null=True)
    direction_excess = models.FloatField(null=True)  # over the mirrored predictions
    direction_p = models.FloatField(null=True)
    confidence_rho = models.FloatField(null=True)
    confidence_n = models.PositiveIntegerField()

    attempts = models.PositiveIntegerField()
    refusals = models.PositiveIntegerField()
    cost = models.DecimalField(max_digits=16, decimal_places=8, null=True)
    last_predicted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["experiment", "nature"], name="experiment_score_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.experiment_id}, {self.nature}: {self.skill}"


class ScorePair(models.Model):
    """Two experiments on their common markets: `first` less `second`, by event."""

    nature = models.CharField(max_length=20, choices=NATURES)
    first = models.ForeignKey(
        Experiment, models.CASCADE, related_name="+", db_index=False
    )
    second = models.ForeignKey(Experiment, models.CASCADE, related_name="+")
    difference = models.FloatField()
    p = models.FloatField()
    markets = models.PositiveIntegerField()
    events = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["first", "second", "nature"], name="score_pair_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.first_id} less {self.second_id}: {self.difference}"
