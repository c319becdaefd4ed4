"""Words of the catalogue."""

from __future__ import annotations

from django import template

register = template.Library()

_PRICE_SOURCES = {
    "genai_prices": "genai-prices package",
    "hand": "entered by hand",
    "local": "runs on this machine",
}


@register.filter
def price_origin(source: str) -> str:
    """Say where a model's price is from."""
    return _PRICE_SOURCES.get(source, "unknown")
