from __future__ import annotations

from django.db import models

from apps.core.ids import new_id


class OutgoingMail(models.Model):
    """A mail that has not left yet; the row goes when the mail has."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    to = models.EmailField(max_length=254)
    subject = models.CharField(max_length=300)
    text = models.TextField(blank=True)
    created_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    # Whoever sends moves this on first, so that nobody else sends it too.
    next_try_at = models.DateTimeField(db_index=True)
    last_error = models.CharField(max_length=500, blank=True)
    given_up_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.subject} to {self.to}"
