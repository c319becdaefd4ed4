from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.utils import timezone

from apps.core.ids import new_id
from apps.markets.domain.markets import MarketStatus
from apps.markets.models.venue import Venue
from apps.markets.models.words import Words

STATUSES = [(status.value, status.value) for status in MarketStatus]


class Market(models.Model):
    """A question with two outcomes at a venue, and its newest quote.

    The quote's columns repeat the newest row of `Quote`, so that a list of markets
    needs no look into its months.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    venue = models.ForeignKey(Venue, models.PROTECT, related_name="markets")
    external_id = models.CharField(max_length=200)
    slug = models.CharField(max_length=300, blank=True)
    question = models.TextField()
    description = models.TextField(blank=True)
    url = models.CharField(max_length=500, blank=True)
    outcomes = ArrayField(models.CharField(max_length=200), size=2)
    token_ids = ArrayField(models.CharField(max_length=120), default=list, blank=True)
    event_id = models.CharField(max_length=200, blank=True)
    event_title = models.TextField(blank=True)
    group_id = models.CharField(max_length=200, blank=True)
    status = models.CharField(
        max_length=20, choices=STATUSES, default=MarketStatus.OPEN.value
    )
    # The fields of `FeeSchedule`, numbers as text.
    fees = models.JSONField(null=True, blank=True)
    tick_size = models.DecimalField(
        max_digits=9, decimal_places=8, null=True, blank=True
    )
    liquidity = models.DecimalField(
        max_digits=24, decimal_places=6, null=True, blank=True
    )
    volume = models.DecimalField(max_digits=24, decimal_places=6, null=True, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    first_seen_at = models.DateTimeField(default=timezone.now)
    synced_at = models.DateTimeField(default=timezone.now)
    # When it was last asked for because no listing brought it, answered or not.
    sought_at = models.DateTimeField(null=True, blank=True)
    bid = models.DecimalField(max_digits=9, decimal_places=8, null=True, blank=True)
    ask = models.DecimalField(max_digits=9, decimal_places=8, null=True, blank=True)
    mid = models.DecimalField(max_digits=9, decimal_places=8, null=True, blank=True)
    last = models.DecimalField(max_digits=9, decimal_places=8, null=True, blank=True)
    flags = models.PositiveSmallIntegerField(default=0)
    source = models.CharField(max_length=30, blank=True, default="", db_default="")
    quoted_at = models.DateTimeField(null=True, blank=True)
    # When the mid, the last trade or the volume was last seen to differ from the quote
    # before: the price moved, or there was a trade.
    moved_at = models.DateTimeField(null=True, blank=True)
    words = models.GeneratedField(
        expression=Words("question", "event_title"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    class Meta:
        ordering = ["-first_seen_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["venue", "external_id"], name="market_once"
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=[one.value for one in MarketStatus]),
                name="market_status_known",
            ),
            models.CheckConstraint(
                condition=models.Q(outcomes__len=2), name="market_has_two_outcomes"
            ),
        ]
        indexes = [
            models.Index(fields=["status", "ends_at"], name="market_status_end"),
            models.Index(fields=["venue", "event_id"], name="market_event"),
            models.Index(fields=["-first_seen_at", "-id"], name="market_newest"),
            GinIndex(fields=["words"], name="market_words"),
        ]

    def __str__(self) -> str:
        return self.question
