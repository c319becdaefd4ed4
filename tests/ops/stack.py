"""The service's processes on servers of their own, to be killed one by one."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from apps.core.servers.child import Child, Command
from apps.core.servers.layout import REPOSITORY
from apps.core.servers.postgres import VOLATILE, Postgres
from apps.core.servers.valkey import Valkey

SERVERS = ("postgres", "valkey", "broker")
PROCFILE = dict(
    line.split(": ", 1) for line in (REPOSITORY / "Procfile").read_text().splitlines()
)
PROCESSES = ("web", "worker", "benchmarks", "scheduler")


@dataclass
class Stack:
    """PostgreSQL, Valkey, a broker apart from it, and the processes of the plan."""

    folder: Path
    port: int = 0
    children: dict[str, Child] = field(default_factory=dict)

    def __enter__(self) -> Self:
        """Start everything on a migrated database."""
        self.folder.chmod(0o711)
        for name in SERVERS:
            self.start(name)
        manage = [sys.executable, "manage.py", "migrate", "-v0"]
        subprocess.run(manage, env=self.env, cwd=REPOSITORY, check=True)
        self.port = _free_port()
        self.make_whole()
        return self

    def __exit__(self, *_: object) -> None:
        """Kill everything: nothing of it is kept."""
        for name in (*PROCESSES, *SERVERS):
            self.kill(name)

    @property
    def env(self) -> dict[str, str]:
        """The environment of every process."""
        return os.environ | {
            "ASSAY_VAR": str(self.folder),
            "ASSAY_TASKS_EAGER": "0",
            "ASSAY_HEARTBEAT_SECONDS": "1",
            "CELERY_BROKER_URL": f"redis+socket://{self._valkey('broker').socket}",
            "DATABASE_URL": self._postgres().url(),
            "DJANGO_SETTINGS_MODULE": "tests.ops.settings",
            "REDIS_URL": self._valkey("valkey").url(),
            "METRICS_TOKEN": "opensesame",
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PORT": str(self.port),
        }

    def start(self, name: str) -> None:
        """Start one server or process."""
        if name in SERVERS:
            server = self._postgres() if name == "postgres" else self._valkey(name)
            server.prepare()
            self.children[name] = server.start()
            server.await_ready(self.children[name])
            return
        argv = ["/bin/sh", "-c", f"exec {PROCFILE[name]}"]
        self.children[name] = Child(
            Command(argv, self.log(name), env=self.env, cwd=REPOSITORY)
        )

    def kill(self, name: str) -> None:
        """Kill one, as a crash would."""
        self.children[name].kill()
        self.children[name].stop()

    def make_whole(self) -> None:
        """Start what is not running, and wait until the whole says it is ready."""
        for name in (*SERVERS, *PROCESSES):
            child = self.children.get(name)
            if child is None or child.exit_code() is not None:
                self.start(name)
        self.await_failed(set())

    def await_failed(self, names: set[str], seconds: float = 90) -> dict[str, Any]:
        """Return what `/readyz` says once exactly these checks fail."""
        until = time.monotonic() + seconds
        said: dict[str, Any] = {}
        while time.monotonic() < until:
            _, said = self.ready()
            if said and set(said["failed"]) == names:
                return said
            time.sleep(0.1)
        message = f"not within {seconds} s: {names}, but {json.dumps(said, indent=1)}"
        raise TimeoutError(message)

    def ready(self) -> tuple[int, dict[str, Any]]:
        """Ask whether it is ready; nothing while the web process starts or is busy."""
        try:
            status, body = self.get("/readyz")
        except (urllib.error.URLError, TimeoutError):
            return 0, {}
        return status, json.loads(body)

    def get(self, path: str, **headers: str) -> tuple[int, str]:
        """Fetch one address of the web process."""
        address = f"http://127.0.0.1:{self.port}{path}"
        request = urllib.request.Request(address, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.read().decode()

    def log(self, name: str) -> Path:
        """Return the log of one process."""
        return self.folder / f"{name}.log"

    def log_lines(self, name: str) -> list[dict[str, Any]]:
        """Return every line that one process has logged.

        Celery says one or two to the terminal while it is asked to stop.
        """
        lines = self.log(name).read_text().splitlines()
        return [
            json.loads(line)
            for line in lines
            if line and not line.startswith("worker: ")
        ]

    def _postgres(self) -> Postgres:
        return Postgres(
            self.folder / "pg",
            self.folder / "pgrun",
            self.log("postgres"),
            "assay",
            VOLATILE,
        )

    def _valkey(self, name: str) -> Valkey:
        data, sockets = self.folder / name, self.folder / f"{name}run"
        return Valkey(data, sockets, self.log(name), durable=False)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
