"""GitHub and Google, as far as somebody who signs in through them meets them.

It refuses what they refuse: an unknown application, a foreign address to go back to, a
code that was used or belongs to another, a verifier that does not match. Its answers
have the shapes that the providers' documentation shows.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import socket
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CLIENT_ID = "assay-at-the-provider"
CLIENT_SECRET = "known-to-both"  # noqa: S105
AUTHORIZE = {"/login/oauth/authorize": "github", "/o/oauth2/v2/auth": "google"}
TOKEN = {"/login/oauth/access_token": "github", "/token": "google"}
# Held without listening: the port is ours, and whoever connects is refused.
_HELD = socket.socket()
_HELD.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
_HELD.bind(("127.0.0.1", 0))
PORT: int = _HELD.getsockname()[1]
URL = f"http://127.0.0.1:{PORT}"


def provider_addresses() -> dict[str, dict[str, str]]:
    """Return what tells allauth to find both providers here, were it not there yet.

    Its modules read the addresses while they are imported.
    """
    return {
        "github": {"GITHUB_URL": URL},
        "google": {
            "AUTHORIZE_URL": f"{URL}/o/oauth2/v2/auth",
            "ACCESS_TOKEN_URL": f"{URL}/token",
            "IDENTITY_URL": f"{URL}/oauth2/v2/userinfo",
            "CERTS_URL": f"{URL}/oauth2/v1/certs",
        },
    }


@dataclass
class Grant:
    """A consent that waits for its code to be redeemed."""

    provider: str
    back: str
    challenge: str


@dataclass
class Providers:
    """What both know, and how they behave."""

    github_user: dict[str, Any] = field(
        default_factory=lambda: {"id": 583231, "login": "ada", "name": "Ada Lovelace"}
    )
    github_emails: list[dict[str, Any]] = field(default_factory=list)
    google_claims: dict[str, Any] = field(default_factory=dict)
    broken: bool = False
    grants: dict[str, Grant] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    def add_github_email(
        self, email: str, *, verified: bool = True, primary: bool = True
    ) -> None:
        """Have the account at GitHub list an address."""
        self.github_emails.append(
            {
                "email": email,
                "verified": verified,
                "primary": primary,
                "visibility": "private",
            }
        )

    def be_google(self, email: str, *, verified: bool = True) -> None:
        """Have the account at Google be somebody's."""
        self.google_claims = {
            "sub": "10769150350006150715113082367",
            "email": email,
            "email_verified": verified,
            "given_name": "Ada",
            "family_name": "Lovelace",
            "name": "Ada Lovelace",
        }


@contextmanager
def serve_providers() -> Iterator[Providers]:
    """Answer as both providers until the block ends."""
    providers = Providers()
    handler = type("Handler", (_Handler,), {"providers": providers})
    server = ThreadingHTTPServer(("127.0.0.1", PORT), handler)
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield providers
    server.shutdown()
    server.server_close()
    thread.join()


class _Handler(BaseHTTPRequestHandler):
    providers: ClassVar[Providers]

    def do_GET(self) -> None:
        """Show the page of consent, or tell who holds a token."""
        address = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(address.query).items()}
        if address.path in AUTHORIZE:
            return self._ask_consent(AUTHORIZE[address.path], asked)
        if address.path == "/favicon.ico":
            return self._answer(200, "")
        return self._tell(address.path)

    def do_POST(self) -> None:
        """Redeem a code."""
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length).decode()
        given = {name: values[0] for name, values in parse_qs(body).items()}
        provider = TOKEN.get(urlsplit(self.path).path)
        if provider is None:
            return self._answer(404, {"message": "Not Found"})
        if self.providers.broken:
            return self._answer(500, {"message": "Server Error"})
        return self._redeem(provider, given)

    def _ask_consent(self, provider: str, asked: Mapping[str, str]) -> None:
        back, state = asked.get("redirect_uri", ""), asked.get("state", "")
        is_known = asked.get("client_id") == CLIENT_ID and back.endswith(
            f"/account/{provider}/back/"
        )
        if not is_known or asked.get("code_challenge_method") != "S256":
            return self._answer(400, {"error": "redirect_uri_mismatch"})
        code = secrets.token_urlsafe(16)
        self.providers.grants[code] = Grant(provider, back, asked["code_challenge"])
        allow = f"{back}?{urlencode({'code': code, 'state': state})}"
        deny = f"{back}?{urlencode({'error': 'access_denied', 'state': state})}"
        choices = {"allow": allow, "deny": deny}
        links = [
            f'<a id="{name}" href="{to}">{name}</a>' for name, to in choices.items()
        ]
        return self._answer(200, " ".join(links))

    def _redeem(self, provider: str, given: Mapping[str, str]) -> None:
        grant = self.providers.grants.pop(given.get("code", ""), None)
        digest = hashlib.sha256(given.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        is_ours = (given.get("client_id"), given.get("client_secret")) == (
            CLIENT_ID,
            CLIENT_SECRET,
        )
        if grant != Grant(provider, given.get("redirect_uri", ""), challenge):
            return self._answer(200, {"error": "bad_verification_code"})
        if not is_ours:
            return self._answer(401, {"error": "invalid_client"})
        token = secrets.token_urlsafe(16)
        self.providers.tokens[token] = provider
        answer = {"access_token": token, "token_type": "bearer"}
        if provider == "google":
            answer["id_token"] = self._identity()
        return self._answer(200, answer)

    def _identity(self) -> str:
        now = int(time.time())
        claims = {
            "iss": "https://accounts.google.com",
            "aud": CLIENT_ID,
            "azp": CLIENT_ID,
            "iat": now,
            "exp": now + 3600,
        }
        key = secrets.token_hex(32)
        return jwt.encode(claims | self.providers.google_claims, key, "HS256")

    def _tell(self, path: str) -> None:
        token = self.headers.get("Authorization", "").partition(" ")[2]
        if self.providers.tokens.get(token) != "github":
            return self._answer(401, {"message": "Bad credentials"})
        if path == "/api/v3/user":
            return self._answer(200, self.providers.github_user)
        if path == "/api/v3/user/emails":
            return self._answer(200, self.providers.github_emails)
        return self._answer(404, {"message": "Not Found"})

    def _answer(self, status: int, body: object) -> None:
        is_page = isinstance(body, str)
        content = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(status)
        kind = "text/html" if is_page else "application/json"
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
