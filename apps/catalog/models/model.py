from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from apps.catalog.models.provider import Provider
from apps.core.ids import new_id

# What a request says itself; sampling settings must not overwrite it.
_RESERVED = {"messages", "model", "response_format", "stream", "system"}


def validate_sampling(value: object) -> None:
    """Refuse sampling settings that are no object or say what is asked of whom.

    Raises:
        ValidationError: they are or do.
    """
    if not isinstance(value, dict):
        raise ValidationError('Write a JSON object, such as {"temperature": 0.2}.')
    taken = sorted(_RESERVED & set(value))
    if taken:
        raise ValidationError(f"{', '.join(taken)}: not a sampling parameter.")


class PriceSource(models.TextChoices):
    """Where a price comes from; a hand-entered one is never overwritten."""

    UNKNOWN = "unknown", "unknown"
    GENAI_PRICES = "genai_prices", "genai-prices package"
    PROVIDER = "provider", "listed by the provider"
    HAND = "hand", "entered by hand"
    LOCAL = "local", "runs on this machine"


class Model(models.Model):
    """A model of a provider, or one of its named sampling settings.

    `name` addresses it as `provider/name`. `upstream_name` is what the provider is
    asked for; several rows may share it and differ in `sampling`, so that two
    settings of one model are compared as what they are.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    provider = models.ForeignKey(Provider, models.PROTECT, related_name="models")
    name = models.CharField(max_length=200)
    upstream_name = models.CharField(max_length=200)
    display_name = models.CharField(max_length=300)
    # Parameters of the request, such as {"temperature": 0.0, "max_tokens": 512}.
    sampling = models.JSONField(
        default=dict, blank=True, validators=[validate_sampling]
    )
    context_window = models.PositiveIntegerField(null=True, blank=True)
    max_output_tokens = models.PositiveIntegerField(null=True, blank=True)
    # US dollars per million tokens; null means unknown, which is not free.
    input_price = models.DecimalField(
        max_digits=12, decimal_places=6, null=True, blank=True
    )
    output_price = models.DecimalField(
        max_digits=12, decimal_places=6, null=True, blank=True
    )
    price_source = models.CharField(
        max_length=20, choices=PriceSource, default=PriceSource.UNKNOWN
    )
    is_free = models.BooleanField(default=False)
    training_cutoff = models.DateField(null=True, blank=True)
    release_date = models.DateField(null=True, blank=True)
    first_seen_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(default=timezone.now)
    # When the provider's own listing last named it; null for what was entered by
    # hand and never listed, whose absence from a listing therefore means nothing.
    listed_at = models.DateTimeField(null=True, blank=True)
    is_new = models.BooleanField(default=False)
    # Found, and not yet handed over to be benchmarked.
    is_unannounced = models.BooleanField(default=False, editable=False)
    is_deprecated = models.BooleanField(default=False)
    deprecated_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["provider__name", "name"]
        constraints = [
            models.UniqueConstraint(fields=["provider", "name"], name="model_once"),
            models.CheckConstraint(
                condition=models.Q(price_source__in=PriceSource.values),
                name="model_price_source_known",
            ),
            models.CheckConstraint(
                condition=models.Q(input_price__isnull=True)
                | models.Q(input_price__gte=0),
                name="model_input_price_not_negative",
            ),
            models.CheckConstraint(
                condition=models.Q(output_price__isnull=True)
                | models.Q(output_price__gte=0),
                name="model_output_price_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return self.display_name
