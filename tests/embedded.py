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
PREFIX = "assay-tests-"
# Docker gives a container 64 MB of it, less than one cluster.
ROOM_BYTES = 4 * 1024**3


def start_servers(options: tuple[str, ...] = VOLATILE) -> None:
    """Start what this process needs and point the environment at it.

    Every process has a Valkey of its own, so that parallel tests share no key; they
    share one PostgreSQL, in which each has a database of its own.
    """
    folder = new_folder(in_memory=options == VOLATILE)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    if "PYTEST_XDIST_WORKER" not in os.environ:
        os.environ[SHARED_DATABASE] = _start_postgres(folder, options)
    os.environ |= {
        "ASSAY_VAR": str(folder),
        "ASSAY_TASKS_EAGER": "1",
        "DATABASE_URL": os.environ[SHARED_DATABASE],
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "REDIS_URL": _start_valkey(folder, durable=options != VOLATILE),
        "SECRET_KEY": "only-for-tests",
    }


def new_folder(*, in_memory: bool = True) -> Path:
    """Return a new folder that the servers' user can pass.

    In memory, unless refused or short: a cluster that is made, crashed and recovered
    waits mostly for the disk. What a killed session left in memory is removed.
    """
    memory = Path("/dev/shm")  # noqa: S108
    for left in memory.glob(f"{PREFIX}*"):
        if not Path(f"/proc/{left.name.split('-')[2]}").exists():
            shutil.rmtree(left, ignore_errors=True)
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > ROOM_BYTES
    where = memory if in_memory and roomy else None
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=where))
    folder.chmod(0o711)
    return folder


def _start_postgres(folder: Path, options: tuple[str, ...]) -> str:
    server = Postgres(
        folder / "pg", folder / "pgrun", folder / "pg.log", "assay", options
    )
    server.prepare()
    child = server.start()
    atexit.register(child.stop)
    server.await_ready(child)
    return server.url()


def _start_valkey(folder: Path, *, durable: bool) -> str:
    server = Valkey(folder / "kv", folder / "kvrun", folder / "kv.log", durable=durable)
    server.prepare()
    child = server.start()
    atexit.register(child.stop)
    server.await_ready(child)
    return server.url()
