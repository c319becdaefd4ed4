"""Crash reports, received by a server on loopback that keeps what it was sent."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest

from apps.core.servers.layout import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Iterator

CRASH = """
import django
django.setup()
import sentry_sdk
def crash(prompt):
    raise RuntimeError("it broke")
try:
    crash("hunter2")
except RuntimeError:
    sentry_sdk.capture_exception()
sentry_sdk.flush(5)
"""


class Receiver(HTTPServer):
    """Keeps the bodies of requests."""

    received: list[str]


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        self.server.received.append(body.decode())
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver(("127.0.0.1", 0), Handler)
    server.received = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def run_crash(**variables: str) -> None:
    subprocess.run(
        [sys.executable, "-c", CRASH],
        cwd=REPOSITORY,
        env=os.environ | variables,
        check=True,
        capture_output=True,
    )


def test_a_crash_is_reported_without_local_variables(receiver: Receiver) -> None:
    port = receiver.server_address[1]
    run_crash(SENTRY_DSN=f"http://key@127.0.0.1:{port}/1", SENTRY_ENVIRONMENT="here")
    (report,) = [body for body in receiver.received if "it broke" in body]
    assert '"environment":"here"' in report
    assert "hunter2" not in report


def test_nothing_is_reported_unless_it_is_asked_for(receiver: Receiver) -> None:
    run_crash(SENTRY_DSN="")
    assert receiver.received == []
