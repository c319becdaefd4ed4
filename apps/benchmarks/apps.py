"""Registration of the benchmarks application."""

from __future__ import annotations

from django.apps import AppConfig


class BenchmarksConfig(AppConfig):
    """The benchmarks application."""

    name = "apps.benchmarks"
    label = "benchmarks"

    def ready(self) -> None:
        """Register the system check and the metrics."""
        from django.core import checks  # noqa: PLC0415

        from apps.benchmarks.checks import check_sandbox  # noqa: PLC0415
        from apps.benchmarks.selectors.metrics import SOURCES  # noqa: PLC0415
        from apps.core.metrics import register_source  # noqa: PLC0415

        checks.register(check_sandbox, "assay", deploy=True)
        for source in SOURCES:
            register_source(source)
