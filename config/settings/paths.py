"""Where the installation keeps its files and finds its servers."""

from __future__ import annotations

from pathlib import Path

from config import env

BASE_DIR = Path(__file__).resolve().parent.parent.parent
VAR_DIR = env.read_path("ASSAY_VAR", BASE_DIR / "var")
# The supervisor and manage.py set both for embedded servers.
DATABASE_URL = (
    env.read_str("DATABASE_URL")
    or f"postgresql:///assay?host={VAR_DIR}/run&user=postgres"
)
REDIS_URL = env.read_str("REDIS_URL") or f"unix://{VAR_DIR}/run/valkey.sock"


def redis_url(database: int) -> str:
    """Return the address of one numbered database of the Redis server."""
    if REDIS_URL.startswith("unix://"):
        return f"{REDIS_URL.split('?')[0]}?db={database}"
    scheme, _, rest = REDIS_URL.partition("://")
    host = rest.split("/")[0]
    return f"{scheme}://{host}/{database}"


def celery_url(database: int) -> str:
    """Return the same address in the form that Celery's transport wants."""
    address = redis_url(database)
    if address.startswith("unix://"):
        path = address.removeprefix("unix://").split("?")[0]
        return f"redis+socket://{path}?virtual_host={database}"
    return address
