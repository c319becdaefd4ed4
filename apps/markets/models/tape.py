from __future__ import annotations

from django.db import models
from django.utils import timezone

from apps.markets.models.venue import Venue


class Tape(models.Model):
    """A recorded history, packed, and how it is played as a venue.

    It is kept here and not in a file, so that every process of every host plays the
    same tape from the same moment on.
    """

    venue = models.OneToOneField(
        Venue, models.CASCADE, primary_key=True, related_name="tape"
    )
    content = models.BinaryField()
    content_hash = models.CharField(max_length=64)
    file_name = models.CharField(max_length=255)
    markets = models.PositiveIntegerField()
    entries = models.PositiveIntegerField()
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    # The tape begins here by the clock, and goes `speed` times as fast.
    started_at = models.DateTimeField(default=timezone.now)
    speed = models.FloatField(default=1.0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(speed__gt=0), name="tape_goes_forward"
            )
        ]

    def __str__(self) -> str:
        return self.file_name
