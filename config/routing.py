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
from apps.predictions.consumers.live import (
    BoardSocket,
    ExperimentSocket,
    MonitorSocket,
    PredictionSocket,
)

if TYPE_CHECKING:
    from collections.abc import Callable


def build_application(pages: Callable[..., Any]) -> ProtocolTypeRouter:
    """Return the whole ASGI application around Django's, with a hub of its own."""
    hub = Hub(settings.REDIS_URL)
    events = _with_reader(RunEvents(hub))
    kinds: dict[str, Callable[[Hub], Application]] = {
        "ws/runs/<uuid:run_id>/": RunSocket,
        "ws/leaderboard/<slug:slug>/": LeaderboardSocket,
        "ws/predictions/": MonitorSocket,
        "ws/predictions/board/": BoardSocket,
        "ws/predictions/<uuid:prediction_id>/": PredictionSocket,
        "ws/predictions/experiments/<uuid:experiment_id>/": ExperimentSocket,
    }
    sockets = [
        *(path(route, _with_reader(kind(hub))) for route, kind in kinds.items()),
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
