"""ASGI entry point: pages and API over HTTP, live updates over WebSocket."""

from __future__ import annotations

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
pages = get_asgi_application()

# These import models and read settings, which exist only after the line above.
from apps.core.memory import settle  # noqa: E402
from apps.core.static import StaticFiles  # noqa: E402
from config.routing import build_application  # noqa: E402

application = StaticFiles(build_application(pages))
settle()
