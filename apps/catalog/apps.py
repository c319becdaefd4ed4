"""Registration of the catalog application."""

from __future__ import annotations

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    """The catalog application."""

    name = "apps.catalog"
    label = "catalog"

    def ready(self) -> None:
        """Register the workspace's tab, and what is sealed or kept to people here."""
        from apps.accounts.registry import (  # noqa: PLC0415
            register_eraser,
            register_exporter,
        )
        from apps.accounts.web.impersonation import (  # noqa: PLC0415
            hide_from_operators,
        )
        from apps.accounts.web.tabs import Tab, register_tab  # noqa: PLC0415
        from apps.catalog.selectors.own_data import (  # noqa: PLC0415
            export_credentials,
        )
        from apps.catalog.services.own_erasure import (  # noqa: PLC0415
            erase_credentials,
        )
        from apps.catalog.services.own_keys import reseal_credentials  # noqa: PLC0415
        from apps.core.secrets import register_sealed  # noqa: PLC0415

        register_exporter("catalog", export_credentials)
        register_eraser("catalog", erase_credentials)
        hide_from_operators(
            "workspace-credentials",
            "account-credentials",
            "account-credential",
            "account-credential-test",
        )
        register_tab(Tab("Credentials", "workspace-credentials"))
        register_sealed("provider credentials", reseal_credentials)
