"""Registration of the predictions application."""

from __future__ import annotations

from django.apps import AppConfig


class PredictionsConfig(AppConfig):
    """The predictions application."""

    name = "apps.predictions"
    label = "predictions"

    def ready(self) -> None:
        """Register belongings, health, metrics, the hours and the watched markets."""
        from apps.accounts.registry import (  # noqa: PLC0415
            register_eraser,
            register_exporter,
        )
        from apps.core.health import health_checks  # noqa: PLC0415
        from apps.core.metrics import register_source  # noqa: PLC0415
        from apps.core.rounds import register_rounds  # noqa: PLC0415
        from apps.markets.registry import register_watcher  # noqa: PLC0415
        from apps.predictions.selectors.health import check_hours  # noqa: PLC0415
        from apps.predictions.selectors.metrics import SOURCES  # noqa: PLC0415
        from apps.predictions.selectors.own_data import (  # noqa: PLC0415
            export_predictions,
        )
        from apps.predictions.selectors.rounds import read_hours  # noqa: PLC0415
        from apps.predictions.selectors.watched import (  # noqa: PLC0415
            list_watched_markets,
        )
        from apps.predictions.services.own_erasure import (  # noqa: PLC0415
            erase_predictions,
        )

        register_exporter("predictions", export_predictions)
        register_eraser("predictions", erase_predictions)
        register_watcher("predictions", list_watched_markets)
        health_checks.register("predictions", check_hours, needs="database")
        register_rounds(read_hours)
        for source in SOURCES:
            register_source(source)
