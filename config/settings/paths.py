"""Where the installation keeps its files and finds its servers."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from apps.core.servers.layout import Layout
from config import env

BASE_DIR = Path(__file__).resolve().parent.parent.parent
VAR_DIR = env.read_path(
    "ASSAY_VAR",
    BASE_DIR / "var",
    shown="`var` in the checkout",
    about="The folder for everything that the installation writes: embedded servers, "
    "logs, collected static files and the generated secret key.",
)
_LAYOUT = Layout(VAR_DIR)
_EMBEDDED_DATABASE = _LAYOUT.postgres().url()
# For embedded servers, `manage.py` and the supervisor set both addresses.
DATABASE_URL = env.read_url(
    "DATABASE_URL",
    _EMBEDDED_DATABASE,
    schemes=("postgresql", "postgres"),
    shown="the embedded PostgreSQL",
    about="A PostgreSQL 16 or newer to use in place of the embedded one.",
)
REDIS_URL = env.read_url(
    "REDIS_URL",
    _LAYOUT.valkey().url(),
    schemes=("redis", "rediss", "unix"),
    shown="the embedded Valkey",
    about="A Redis or Valkey to use in place of the embedded one. Its databases 0 "
    "(heartbeats, live updates), 1 (cache), 2 (API keys and limits) and 4 (jobs) are "
    "used; a number in the address is ignored.",
)
USES_EMBEDDED_DATABASE = DATABASE_URL == _EMBEDDED_DATABASE


def redis_url(database: int, address: str = REDIS_URL) -> str:
    """Return the address of one numbered database of a Redis server."""
    parts = urlsplit(address)
    if parts.scheme == "unix":
        query = _with_query(parts, f"db={database}", dropped="db")
        return f"unix://{parts.netloc}{parts.path}?{query}"
    return parts._replace(path=f"/{database}").geturl()


def celery_url(database: int, address: str = REDIS_URL) -> str:
    """Return the same address in the form that Celery's transport wants."""
    parts = urlsplit(redis_url(database, address))
    if parts.scheme == "unix":
        query = _with_query(parts, f"virtual_host={database}", dropped="db")
        return f"redis+socket://{parts.netloc}{parts.path}?{query}"
    if parts.scheme == "rediss" and "ssl_cert_reqs" not in parts.query:
        # Celery refuses an encrypted address that does not say this.
        query = _with_query(parts, "ssl_cert_reqs=required", dropped="")
        return parts._replace(query=query).geturl()
    return parts.geturl()


def _with_query(parts: SplitResult, added: str, *, dropped: str) -> str:
    kept = [
        pair
        for pair in parts.query.split("&")
        if pair and pair.partition("=")[0] != dropped
    ]
    return "&".join([*kept, added])


# Not the cache's database: clearing the cache must not stop the heartbeats.
HEARTBEAT_URL = redis_url(0)
# Neither: clearing the cache must not give everyone a fresh limit.
GATE_URL = redis_url(2)
