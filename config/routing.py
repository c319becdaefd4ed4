"""Where live connections go: sockets and event streams, beside Django's pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator, WebsocketDenier
from django.conf import settings
from django.urls import path, re_path

from apps.accounts.asgi import Application, AsImpersonated
from apps.benchmarks.consumers.events import RunEvents
from apps.benchmarks.consumers.live import LeaderboardSocket, RunSocket
from apps.core.hub import Hub
from apps.core.lifespan import Lifespan
from apps.predictions.consumers.live import MonitorSocket

if TYPE_CHECKING:
    from collections.abc import Callable


def build_application(pages: Callable[..., Any]) -> ProtocolTypeRouter:
    """Return the whole ASGI application around Django's, with a hub of its own."""
    hub = Hub(settings.REDIS_URL)
    run = _with_reader(RunSocket(hub))
    leaderboard = _with_reader(LeaderboardSocket(hub))
    monitor = _with_reader(MonitorSocket(hub))
    events = _with_reader(RunEvents(hub))
    sockets = [
        path("ws/runs/<uuid:run_id>/", run),
        path("ws/leaderboard/<slug:slug>/", leaderboard),
        path("ws/predictions/", monitor),
        re_path("", WebsocketDenier.as_asgi()),
    ]
    requests = [
        path("api/v1/runs/<uuid:run_id>/events", events),
        re_path("", pages),
    ]
    return ProtocolTypeRouter(
        {
            "http": URLRouter(requests),
            "lifespan": Lifespan(),
            "websocket": AllowedHostsOriginValidator(URLRouter(sockets)),
        }
    )


def _with_reader(inner: Application) -> Any:
    """Tell a socket or stream whose it is."""
    return AuthMiddlewareStack(AsImpersonated(inner))
