from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from apps.core.ids import new_id
from apps.markets.domain.builtin import find_fault
from apps.markets.domain.markets import Nature, VenueKind

KINDS = [(kind.value, kind.value) for kind in VenueKind]
NATURES = [(nature.value, nature.value) for nature in Nature]


class Venue(models.Model):
    """A place where shares in answers are traded, or a stand-in for one."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.SlugField(max_length=60, unique=True)
    display_name = models.CharField(max_length=120)
    kind = models.CharField(max_length=20, choices=KINDS)
    nature = models.CharField(max_length=20, choices=NATURES)
    # Where its gateway finds it, by the name of each service; {} is the venue's own.
    addresses = models.JSONField(default=dict, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)
    # When it last answered everything that it was asked.
    synced_at = models.DateTimeField(null=True, blank=True)
    # Since when it has been failing, and with what; null and "" where it is not.
    failed_at = models.DateTimeField(null=True, blank=True)
    failure = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=[kind.value for kind in VenueKind]),
                name="venue_kind_known",
            ),
            models.CheckConstraint(
                condition=models.Q(nature__in=[nature.value for nature in Nature]),
                name="venue_nature_known",
            ),
        ]

    def __str__(self) -> str:
        return self.display_name

    def clean(self) -> None:
        """Refuse settings that its gateway could not be made with."""
        fault = find_fault(VenueKind(self.kind), self.addresses)
        if fault:
            raise ValidationError({"addresses": f"It {fault}."})
