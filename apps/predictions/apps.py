"""Registration of the predictions application."""

from __future__ import annotations

from django.apps import AppConfig


class PredictionsConfig(AppConfig):
    """The predictions application."""

    name = "apps.predictions"
    label = "predictions"

    def ready(self) -> None:
        """Register what an export holds and an erasure removes."""
        from apps.accounts.registry import (  # noqa: PLC0415
            register_eraser,
            register_exporter,
        )
        from apps.predictions.selectors.own_data import (  # noqa: PLC0415
            export_predictions,
        )
        from apps.predictions.services.own_erasure import (  # noqa: PLC0415
            erase_predictions,
        )

        register_exporter("predictions", export_predictions)
        register_eraser("predictions", erase_predictions)
