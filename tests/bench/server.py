"""The web process as `manage.py up` serves it, for whoever calls it over HTTP."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from contextlib import contextmanager
from io import StringIO
from typing import TYPE_CHECKING

import httpx2
from django.conf import settings
from django.core.management import call_command

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def web_server(**env: str) -> Iterator[httpx2.Client]:
    """Serve as `manage.py up` does, from a process of its own, and end it in order."""
    call_command("ensure_static", stdout=StringIO())
    (web,) = (one for one in settings.UP_PROCESSES if one.name == "web")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        descriptor, port = listener.fileno(), listener.getsockname()[1]
        arguments = [part.format(listener=descriptor) for part in web.arguments]
        server = subprocess.Popen(
            [sys.executable, *arguments],
            pass_fds=[descriptor],
            env={**os.environ, **env},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    base_url = f"http://127.0.0.1:{port}"
    try:
        with httpx2.Client(base_url=base_url, timeout=60) as client:
            client.get("/livez")  # waits until the server takes its socket
            yield client
    finally:
        server.terminate()
        server.wait()
