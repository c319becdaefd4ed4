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
        _register_own_data()


def _register_own_data() -> None:
    """Say what of people's data is exported, kept back and erased here."""
    from apps.accounts.registry import (  # noqa: PLC0415
        keep_back,
        register_eraser,
        register_exporter,
    )
    from apps.accounts.selectors.deletion import check_deletions  # noqa: PLC0415
    from apps.accounts.selectors.own_data import (  # noqa: PLC0415
        NOT_EXPORTED,
        export_own_data,
    )
    from apps.accounts.services.own_erasure import erase_own_data  # noqa: PLC0415
    from apps.core.health import health_checks  # noqa: PLC0415

    register_exporter("accounts", export_own_data)
    register_eraser("accounts", erase_own_data)
    for model, why in NOT_EXPORTED.items():
        keep_back(model, why)
    health_checks.register("deletions", check_deletions)
