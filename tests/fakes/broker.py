"""Brokers that are down or frozen, and a Celery that sends to them."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

from celery import Celery
from django.conf import settings

from config.celery import app as usual

if TYPE_CHECKING:
    from collections.abc import Iterator

# Nothing listens at the port of the discard service.
DOWN = "redis://127.0.0.1:9/4"
HASTE = 20  # how much faster than the service the tests give up
TIMEOUTS = ("socket_connect_timeout", "socket_timeout")


@contextmanager
def frozen_broker() -> Iterator[str]:
    """Give the address of a server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/4"


@contextmanager
def sending_to(url: str, *, haste: float = HASTE) -> Iterator[None]:
    """Send this thread's jobs to that broker, with the settings' limits in haste."""
    options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    app = Celery("elsewhere", set_as_current=False)
    app.config_from_object("django.conf:settings", namespace="CELERY")
    app.conf.update(
        broker_url=url,
        task_always_eager=False,
        broker_transport_options=options
        | {name: options[name] / haste for name in TIMEOUTS},
    )
    app.autodiscover_tasks()
    app.set_current()
    try:
        yield
    finally:
        usual.set_current()
        app.close()
