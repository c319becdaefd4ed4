"""A receiver of callbacks on loopback, which answers as it is told.

`PublicOnlyTransport` reaches no loopback. `open_client` gives the one that may, and
that under the one name `hooks.example`: the allowance is the transport's that a test
passes on, and nobody else's.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

import httpx2
from standardwebhooks import Webhook

from apps.core.http import PublicOnlyTransport

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping, Sequence

HOST = "hooks.example"
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Call:
    """A callback as it arrived."""

    path: str
    headers: Mapping[str, str]
    body: str

    def verify(self, secret: str) -> dict[str, Any]:
        """Check the signature as a receiver does, and return what it says."""
        told: dict[str, Any] = Webhook(secret).verify(self.body, dict(self.headers))
        return told


@dataclass(slots=True)
class CallbackServer:
    """Answers each call with `status`, after `delay` seconds."""

    status: int = 204
    reply: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    tls: ssl.SSLContext | None = None
    calls: list[Call] = field(default_factory=list)
    resolved: list[str] = field(default_factory=list)
    _server: ThreadingHTTPServer | None = None

    @property
    def port(self) -> int:
        assert self._server is not None, "the server is not started"
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """The address that a customer would give."""
        scheme = "https" if self.tls else "http"
        return f"{scheme}://{HOST}:{self.port}/runs?of=mine"

    def open_client(self) -> httpx2.AsyncClient:
        """Return a client that takes this server's loopback for public."""
        return httpx2.AsyncClient(
            transport=PublicOnlyTransport(
                httpx2.AsyncHTTPTransport(trust_env=False),
                resolve=self._resolve,
                permits=lambda address: address == LOOPBACK,
            ),
            follow_redirects=True,
            timeout=5,
        )

    async def _resolve(self, host: str) -> Sequence[str]:
        """Lead the name here the first time, and to a neighbour from then on."""
        self.resolved.append(host)
        return [LOOPBACK if len(self.resolved) == 1 else "169.254.169.254"]

    def __enter__(self) -> Self:
        self._server = _make_server(self)
        if self.tls:
            self._server.socket = self.tls.wrap_socket(
                self._server.socket, server_side=True
            )
        threading.Thread(target=self._server.serve_forever, args=(0.02,)).start()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.shutdown()
        self._server.server_close()


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_: object) -> None:
        """Say nothing of a client that hung up."""


def _make_server(told: CallbackServer) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(length).decode()
            told.calls.append(Call(self.path, dict(self.headers), body))
            time.sleep(told.delay)
            self.send_response(told.status)
            for name, value in told.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(told.reply)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return _Quiet((LOOPBACK, 0), Handler)
