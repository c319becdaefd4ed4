"""ASGI entry point: pages and API over HTTP, live updates over WebSocket."""

from __future__ import annotations

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup(set_prefix=False)

# These import models and read settings, which exist only after the line above.
from apps.core.memory import settle  # noqa: E402
from apps.core.static import StaticFiles  # noqa: E402
from apps.core.web.pages import Pages  # noqa: E402
from config.routing import build_application  # noqa: E402

application = StaticFiles(build_application(Pages()))
settle()
