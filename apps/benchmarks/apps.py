"""Registration of the benchmarks application."""

from __future__ import annotations

from django.apps import AppConfig


class BenchmarksConfig(AppConfig):
    """The benchmarks application."""

    name = "apps.benchmarks"
    label = "benchmarks"

    def ready(self) -> None:
        """Register the system check, the metrics, and what belongs to workspaces."""
        from django.core import checks  # noqa: PLC0415

        from apps.accounts.domain.tiers import Entitlement  # noqa: PLC0415
        from apps.accounts.registry import (  # noqa: PLC0415
            Holding,
            register_eraser,
            register_exporter,
            register_holding,
        )
        from apps.benchmarks.checks import check_sandbox  # noqa: PLC0415
        from apps.benchmarks.selectors.metrics import SOURCES  # noqa: PLC0415
        from apps.benchmarks.selectors.own_data import export_runs  # noqa: PLC0415
        from apps.benchmarks.selectors.suites import (  # noqa: PLC0415
            count_private_suites,
        )
        from apps.benchmarks.services.own_erasure import (  # noqa: PLC0415
            erase_runs,
        )
        from apps.core.metrics import register_source  # noqa: PLC0415

        register_exporter("benchmarks", export_runs)
        register_eraser("benchmarks", erase_runs)
        register_holding(
            Holding(Entitlement.PRIVATE_SUITES, "private suite", count_private_suites)
        )
        checks.register(check_sandbox, "assay", deploy=True)
        for source in SOURCES:
            register_source(source)
