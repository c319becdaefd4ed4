from __future__ import annotations

from django.db import models
from django.utils import timezone

from apps.predictions.domain.words import BenchmarkStatus
from apps.predictions.models.experiment import Experiment
from apps.predictions.models.prediction import Prediction
from apps.predictions.models.snapshot import MOVEMENTS

STATUSES = [(status.value, status.value) for status in BenchmarkStatus]


class Summary(models.Model):
    """What became of one prediction so far: all that a ranking needs, in one row.

    Every hour adds to it; prices and values are those of the predicted outcome.
    `rated_snapshots` are those with a rate, `flagged_snapshots` those that are kept out
    of rates.
    """

    prediction = models.OneToOneField(
        Prediction, models.CASCADE, primary_key=True, related_name="summary"
    )
    market = models.ForeignKey("markets.Market", models.PROTECT, related_name="+")
    experiment = models.ForeignKey(
        Experiment, models.CASCADE, related_name="summaries", db_index=False
    )
    # The predictions of one event are no independent evidence: what they share.
    cluster = models.CharField(max_length=260)
    predicted_at = models.DateTimeField()
    outcome = models.PositiveSmallIntegerField()
    predicted_probability = models.FloatField()
    predicted_confidence = models.FloatField(null=True, blank=True)
    initial_market_price = models.FloatField()
    initial_delta = models.FloatField()
    initial_bid = models.FloatField(null=True, blank=True)
    initial_ask = models.FloatField(null=True, blank=True)
    price_was_shown = models.BooleanField(default=False)

    latest_market_price = models.FloatField(null=True, blank=True)
    latest_delta = models.FloatField(null=True, blank=True)
    latest_direction = models.CharField(max_length=10, choices=MOVEMENTS, blank=True)
    latest_flags = models.PositiveSmallIntegerField(default=0)
    market_closed = models.BooleanField(default=False)
    market_resolved = models.BooleanField(default=False)

    total_snapshots = models.PositiveIntegerField(default=0)
    hours_tracked = models.FloatField(default=0)
    converging_snapshots = models.PositiveIntegerField(default=0)
    diverging_snapshots = models.PositiveIntegerField(default=0)
    stable_snapshots = models.PositiveIntegerField(default=0)
    flagged_snapshots = models.PositiveIntegerField(default=0)
    rated_snapshots = models.PositiveIntegerField(default=0)
    avg_convergence_rate = models.FloatField(null=True, blank=True)
    max_convergence_rate = models.FloatField(null=True, blank=True)
    cumulative_convergence = models.FloatField(null=True, blank=True)
    convergence_percentage = models.FloatField(null=True, blank=True)
    interim_skill = models.FloatField(null=True, blank=True)
    # The newest price that no flag speaks against, and when it was true.
    valid_price = models.FloatField(null=True, blank=True)
    valid_at = models.DateTimeField(null=True, blank=True)
    reached_at = models.DateTimeField(null=True, blank=True)
    last_hour = models.DateTimeField(null=True, blank=True)
    # Of `total_snapshots` so many are kept no longer: those before this moment.
    dropped_snapshots = models.PositiveIntegerField(default=0, db_default=0)
    dropped_before = models.DateTimeField(null=True, blank=True)

    # After the settlement; `value` is what the predicted outcome paid.
    is_void = models.BooleanField(default=False)
    value = models.FloatField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    closing_price = models.FloatField(null=True, blank=True)
    brier = models.FloatField(null=True, blank=True)
    log_score = models.FloatField(null=True, blank=True)
    skill = models.FloatField(null=True, blank=True)  # over the price when predicted
    closing_skill = models.FloatField(null=True, blank=True)

    benchmark_status = models.CharField(
        max_length=10, choices=STATUSES, default=BenchmarkStatus.ACTIVE.value
    )
    # What a look before this one said is no skill so far: a pause does not keep it.
    resumed_at = models.DateTimeField(null=True, blank=True)
    last_benchmarked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    benchmark_status__in=[one.value for one in BenchmarkStatus]
                ),
                name="summary_status_known",
            ),
        ]
        indexes = [
            models.Index(
                fields=["experiment", "benchmark_status"], name="summary_experiment"
            ),
            # The order in which the hourly job takes up what is not over.
            models.Index(
                fields=["market", "prediction"],
                condition=~models.Q(benchmark_status=BenchmarkStatus.COMPLETED.value),
                name="summary_tracked",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.prediction_id}: {self.benchmark_status}"
