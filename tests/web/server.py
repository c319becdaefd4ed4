"""The real application behind a real uvicorn, in a thread of the test process."""

from __future__ import annotations

import gc
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import uvicorn
from asgiref.sync import SyncToAsync
from django.core.handlers.asgi import ASGIHandler
from django.db import connections

from apps.core.static import StaticFiles
from config.routing import build_application

if TYPE_CHECKING:
    from collections.abc import Iterator

START_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class RunningServer:
    """Where the server answers."""

    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def sockets(self) -> str:
        return f"ws://127.0.0.1:{self.port}"


@contextmanager
def serve() -> Iterator[RunningServer]:
    """Serve pages, streams and sockets until the block ends."""
    config = uvicorn.Config(
        StaticFiles(build_application(ASGIHandler())),
        port=0,
        lifespan="on",
        proxy_headers=False,
        log_config=None,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + START_SECONDS
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield RunningServer(port)
    server.should_exit = True
    thread.join(START_SECONDS)
    gc.collect()  # connections of threads that served requests and ended
    # The thread in which sockets ask the database outlives the server.
    SyncToAsync.single_thread_executor.submit(connections.close_all).result()
