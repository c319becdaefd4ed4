"""Secrets, hosts, cookies and the content security policy."""

from __future__ import annotations

import secrets

from csp.constants import NONCE, NONE, SELF

from config import env
from config.settings.base import DEBUG
from config.settings.paths import VAR_DIR


def _generated_key() -> str:
    """Return the key made once for this installation."""
    path = VAR_DIR / "secret_key"
    if not path.exists():
        VAR_DIR.mkdir(parents=True, exist_ok=True)
        # Aside, then renamed: two processes that start at once agree on one key.
        fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_urlsafe(50))
        try:
            path.hardlink_to(fresh)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_text()


_configured_key = env.read_str(
    "SECRET_KEY",
    about="Signs sessions and links. Without it a key is generated once, in the "
    "installation's folder; `check --deploy` asks for one beside `DATABASE_URL`.",
)
SECRET_KEY_IS_GENERATED = not _configured_key
SECRET_KEY = _configured_key or _generated_key()
ENCRYPTION_KEYS = env.read_list(
    "ASSAY_ENCRYPTION_KEYS",
    about="Keys of 32 bytes in base64 that seal stored secrets: the first seals, all "
    "of them open. To rotate, put a new one in front. Without any, one is derived from "
    "`SECRET_KEY`, and what is stored is lost with it.",
)
# Where callbacks may go. Whoever develops has no certificate.
WEBHOOK_SCHEMES = ("https", "http") if DEBUG else ("https",)
TRUSTED_PROXIES = env.read_list(
    "ASSAY_TRUSTED_PROXIES",
    about="Networks, such as `10.0.0.0/8`, of the proxies whose `X-Forwarded-For` is "
    "believed. Without any, a client is whoever connects.",
)
CORS_ORIGINS = env.read_list(
    "ASSAY_CORS_ORIGINS",
    about="Origins, such as `https://app.example`, whose pages may call both APIs as "
    "their users. Those of any other origin may make public reads without credentials.",
)
ALLOWED_HOSTS = env.read_list(
    "ALLOWED_HOSTS",
    ("localhost", "127.0.0.1", "[::1]"),
    about="The host names under which the service is reached.",
)
CSRF_TRUSTED_ORIGINS = env.read_list(
    "CSRF_TRUSTED_ORIGINS",
    about="Origins, such as `https://assay.example`, whose forms are accepted besides "
    "the service's own. Needed behind a proxy that changes the host.",
)
HTTPS = env.read_bool(
    "ASSAY_HTTPS",
    default=False,
    about="The service is reached by HTTPS alone, through a proxy that sets "
    "`X-Forwarded-Proto`: redirect HTTP, mark cookies secure, and tell browsers so for "
    "a year.",
)
SECURE_SSL_REDIRECT = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
# Scraped by address, inside; the probes are answered before this is looked at.
SECURE_REDIRECT_EXEMPT = [r"^metrics$"]
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
DEFAULT_EXCEPTION_REPORTER_FILTER = "apps.core.web.debug.StrikingFilter"
CSRF_FAILURE_VIEW = "apps.core.web.errors.csrf_failed"
SESSION_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
