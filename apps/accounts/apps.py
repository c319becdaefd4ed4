"""Registration of the accounts application."""

from __future__ import annotations

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """The accounts application."""

    name = "apps.accounts"
    label = "accounts"
