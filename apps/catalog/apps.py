"""Registration of the catalog application."""

from __future__ import annotations

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    """The catalog application."""

    name = "apps.catalog"
    label = "catalog"
