"""Words of the catalogue."""

from __future__ import annotations

from django import template

from apps.catalog.selectors.models import price_source_labels

register = template.Library()


@register.filter
def price_origin(source: str) -> str:
    """Say where a model's price is from."""
    return price_source_labels().get(source, "unknown")
