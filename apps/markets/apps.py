"""Registration of the markets application."""

from __future__ import annotations

from django.apps import AppConfig


class MarketsConfig(AppConfig):
    """The markets application."""

    name = "apps.markets"
    label = "markets"
