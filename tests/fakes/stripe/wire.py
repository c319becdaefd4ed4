"""HTTP: calls under `/v1/`, pages elsewhere."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tests.fakes.stripe import forms, pages

if TYPE_CHECKING:
    from tests.fakes.stripe.server import FakeStripe


@dataclass(frozen=True)
class Asked:
    """A call as it arrived."""

    method: str
    path: str
    params: dict[str, Any]
    headers: dict[str, str]


class StripeHTTPServer(ThreadingHTTPServer):
    """The listening socket; it knows the account."""

    daemon_threads = True
    request_queue_size = 128
    stripe: FakeStripe


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: StripeHTTPServer
    protocol_version = "HTTP/1.1"
    # Header and body are two writes: without it, 40 ms pass between them.
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def log_message(self, *_: object) -> None:
        """Keep quiet."""

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length).decode()
        if not parts.path.startswith("/v1/"):
            self._show(parts.path, body)
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        sent = body or parts.query
        asked = Asked(self.command, parts.path, forms.decode(sent), headers)
        status, document, more = self.server.stripe.answer(asked, sent)
        if status == 0:
            self.close_connection = True
            return
        self._send(status, "application/json", json.dumps(document), more)

    def _show(self, path: str, body: str) -> None:
        answer = pages.show(self.server.stripe, self.command, path, body)
        headers = {"Location": answer.location} if answer.location else {}
        self._send(answer.status, "text/html; charset=utf-8", answer.html, headers)

    def _send(
        self, status: int, kind: str, content: str, headers: dict[str, str]
    ) -> None:
        body = content.encode()
        with suppress(BrokenPipeError, ConnectionResetError):
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
