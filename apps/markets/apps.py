"""Registration of the markets application."""

from __future__ import annotations

from django.apps import AppConfig


class MarketsConfig(AppConfig):
    """The markets application."""

    name = "apps.markets"
    label = "markets"

    def ready(self) -> None:
        """Register what readiness and metrics are told of markets."""
        from apps.core.health import health_checks  # noqa: PLC0415
        from apps.core.metrics import register_source  # noqa: PLC0415
        from apps.markets.selectors.health import (  # noqa: PLC0415
            check_followers,
            check_venues,
        )
        from apps.markets.selectors.metrics import SOURCES  # noqa: PLC0415

        health_checks.register("venues", check_venues, needs="database")
        health_checks.register("followers", check_followers, needs="redis")
        for source in SOURCES:
            register_source(source)
