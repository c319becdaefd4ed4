"""Registration of the home application."""

from __future__ import annotations

from django.apps import AppConfig


class HomeConfig(AppConfig):
    """The home application."""

    name = "apps.home"
    label = "home"
