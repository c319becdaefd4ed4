"""System checks of signing up and in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core import checks

if TYPE_CHECKING:
    from collections.abc import Sequence


def check_mail(
    app_configs: Sequence[Any] | None,
    **_: Any,
) -> list[checks.CheckMessage]:
    """Warn where people would wait for mail that never leaves the machine."""
    if settings.MAIL_PROVIDER != "folder" or settings.USES_EMBEDDED_DATABASE:
        return []
    return [
        checks.Warning(
            "DATABASE_URL is set and mail leaves for a folder.",
            hint="Nobody can sign up or set a new password. Set ASSAY_MAIL_PROVIDER "
            "and what it needs: docs/how-to/sign-in.md.",
            id="assay.W004",
        )
    ]
