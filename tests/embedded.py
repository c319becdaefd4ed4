"""The servers of one test session: real ones, thrown away at its end."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from apps.core.servers.postgres import VOLATILE, Postgres
from apps.core.servers.valkey import Valkey

# The first process starts PostgreSQL; xdist's workers inherit its address.
SHARED_DATABASE = "ASSAY_TEST_DATABASE_URL"


def start_servers() -> None:
    """Start what this process needs and point the environment at it.

    Every process has a Valkey of its own, so that parallel tests share no key; they
    share one PostgreSQL, in which each has a database of its own.
    """
    folder = Path(tempfile.mkdtemp(prefix="assay-tests-"))
    folder.chmod(0o711)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    if "PYTEST_XDIST_WORKER" not in os.environ:
        os.environ[SHARED_DATABASE] = _start_postgres(folder)
    os.environ |= {
        "ASSAY_VAR": str(folder),
        "ASSAY_TASKS_EAGER": "1",
        "DATABASE_URL": os.environ[SHARED_DATABASE],
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "REDIS_URL": _start_valkey(folder),
        "SECRET_KEY": "only-for-tests",
    }


def _start_postgres(folder: Path) -> str:
    server = Postgres(
        folder / "pg", folder / "pgrun", folder / "pg.log", "assay", VOLATILE
    )
    server.prepare()
    child = server.start()
    atexit.register(child.stop)
    server.await_ready(child)
    return server.url()


def _start_valkey(folder: Path) -> str:
    server = Valkey(folder / "kv", folder / "kvrun", folder / "kv.log", durable=False)
    server.prepare()
    child = server.start()
    atexit.register(child.stop)
    server.await_ready(child)
    return server.url()
