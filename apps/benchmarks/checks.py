"""System checks of the benchmarks: whether answers can be graded here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core import checks

from apps.benchmarks.gateways.sandbox.detect import detect_sandbox

if TYPE_CHECKING:
    from collections.abc import Sequence


def check_sandbox(
    app_configs: Sequence[Any] | None,
    **_: Any,
) -> list[checks.CheckMessage]:
    """Try the sandbox, and warn where no tier of it holds."""
    if settings.SANDBOX_TIER == "none":
        return []  # as it was asked for
    sandbox = detect_sandbox()
    if sandbox.tier:
        return []
    return [
        checks.Warning(
            f"No sandbox works here: {sandbox.reason}.",
            hint="Answers are never run without one: they stay unscored. Install "
            "bubblewrap or libseccomp2, or set ASSAY_SANDBOX_TIER=none on machines "
            "that run no benchmarks.",
            id="assay.W004",
        )
    ]
