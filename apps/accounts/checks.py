"""System checks of signing up and in, and of billing."""

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


def check_billing(
    app_configs: Sequence[Any] | None,
    **_: Any,
) -> list[checks.CheckMessage]:
    """Warn where plans are sold and nobody hears that they were paid for."""
    if not settings.STRIPE_SECRET_KEY or settings.STRIPE_WEBHOOK_SECRETS:
        return []
    return [
        checks.Warning(
            "STRIPE_SECRET_KEY is set and STRIPE_WEBHOOK_SECRET is not.",
            hint="What is bought would be noticed once a day: add an endpoint at "
            "/webhooks/stripe/ in Stripe, and set its signing secret.",
            id="assay.W010",
        )
    ]
