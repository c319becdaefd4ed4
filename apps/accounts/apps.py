"""Registration of the accounts application."""

from __future__ import annotations

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """The accounts application."""

    name = "apps.accounts"
    label = "accounts"

    def ready(self) -> None:
        """Say what is sealed here."""
        from apps.accounts.services.webhooks import (  # noqa: PLC0415
            reseal_webhook_secrets,
        )
        from apps.core.secrets import register_sealed  # noqa: PLC0415

        register_sealed("webhook secrets", reseal_webhook_secrets)
