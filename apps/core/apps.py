"""Registration of the core application."""

from __future__ import annotations

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """The core application."""

    name = "apps.core"
    label = "core"
