"""Registration of the accounts application."""

from __future__ import annotations

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """The accounts application."""

    name = "apps.accounts"
    label = "accounts"

    def ready(self) -> None:
        """Register checks and what is sealed; hear what allauth tells by a signal."""
        from django.core import checks  # noqa: PLC0415

        from apps.accounts.adapters import signals  # noqa: F401, PLC0415
        from apps.accounts.checks import check_billing, check_mail  # noqa: PLC0415
        from apps.accounts.services.second_factors import (  # noqa: PLC0415
            reseal_factors,
        )
        from apps.accounts.services.webhooks import (  # noqa: PLC0415
            reseal_webhook_secrets,
        )
        from apps.core.secrets import register_sealed  # noqa: PLC0415

        checks.register(check_mail, "assay", deploy=True)
        register_sealed("second factors", reseal_factors)
        register_sealed("webhook secrets", reseal_webhook_secrets)
        checks.register(check_billing, "assay")
