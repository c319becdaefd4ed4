"""Registration of the core application."""

from __future__ import annotations

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """The core application."""

    name = "apps.core"
    label = "core"

    def ready(self) -> None:
        """Register checks and metrics; report crashes if that is configured."""
        from apps.core import checks, readiness, sentry  # noqa: PLC0415

        checks.register_core()
        readiness.register_core()
        sentry.start()
