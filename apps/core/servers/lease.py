"""Use the embedded servers for as long as this process lives.

A command takes a share of each server's lease; the first one starts a keeper (see
`keeper.py`), the last one out stops it. A `kill -9` of anyone gives that share back.
"""

from __future__ import annotations

import atexit
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from apps.core.errors import UnavailableError
from apps.core.servers.child import last_line
from apps.core.servers.layout import REPOSITORY, Layout
from apps.core.servers.locks import FileLock
from apps.core.servers.state import State

if TYPE_CHECKING:
    from collections.abc import MutableMapping, Sequence

# Which variable names an outside server in place of which embedded one.
SERVERS = {"DATABASE_URL": "postgres", "REDIS_URL": "valkey"}
KEEPER = "apps.core.servers.keeper"
POLL_SECONDS = 0.01
# From the keeper's decision to stop until its state is gone.
SETTLE_SECONDS = 0.03
STOP_SECONDS = 60.0

SERVERLESS = {
    "collectstatic",
    "compilemessages",
    "diffsettings",
    "ensure_static",
    "findstatic",
    "help",
    "makemessages",
    "startapp",
    "startproject",
    "up",  # takes its leases itself, and says so
    "version",
}
SERVERLESS_SUBCOMMANDS = {("benchmarks", "rank"), ("predictions", "score")}


def needs_servers(argv: Sequence[str]) -> bool:
    """Say whether a `manage.py` command line (with its first word) uses a server."""
    words = list(argv[1:])
    if not words or {"-h", "--help", "--version"} & set(words):
        return False
    if words[0] == "check":
        return any(word.split("=")[0] in {"--deploy", "--database"} for word in words)
    return not (words[0] in SERVERLESS or tuple(words[:2]) in SERVERLESS_SUBCOMMANDS)


def hold_servers(layout: Layout, environ: MutableMapping[str, str]) -> dict[str, Lease]:
    """Lease each server that the environment does not name, and name it there.

    The leases end with the process.

    Raises:
        UnavailableError: a server cannot be started.
    """
    leases = {
        variable: Lease(layout, name)
        for variable, name in SERVERS.items()
        if not environ.get(variable)
    }
    for lease in leases.values():  # both start at once
        lease.take()
    for variable, lease in leases.items():
        environ[variable] = lease.await_url()
    return leases


class Lease:
    """One process's share of one embedded server."""

    def __init__(self, layout: Layout, name: str) -> None:
        """Prepare; nothing is taken yet."""
        self.name = name
        self._layout = layout
        self._state = layout.locks / f"{name}.json"
        self._log = layout.logs / f"{name}.keeper.log"
        self._keeper_lock = layout.locks / f"{name}.keeper"
        self._lock: FileLock | None = None
        self._holder = 0
        self._keeper: subprocess.Popen[bytes] | None = None

    def take(self) -> None:
        """Take a share, and start a keeper if there is none.

        Raises:
            UnavailableError: the installation's folder is not ours to write.
        """
        try:
            self._layout.make()
            self._lock = FileLock(self._layout.locks / f"{self.name}.lease")
        except PermissionError as error:
            raise UnavailableError(
                f"{error.filename} cannot be written: run as its owner, "
                "or point ASSAY_VAR at a folder of yours."
            ) from None
        self._holder = os.getpid()
        atexit.register(self.release)
        self._lock.share()
        self.ensure_keeper()

    def ensure_keeper(self) -> bool:
        """Start a keeper unless one lives; say whether that was needed."""
        if self._keeper and self._keeper.poll() is None:
            return False
        with FileLock(self._keeper_lock) as lock:
            if not lock.try_exclusive():
                return False
            # Under the lock: what a dead keeper said is gone before a new one speaks.
            self._state.unlink(missing_ok=True)
            self._start_keeper(lock)
        return True

    def _start_keeper(self, lock: FileLock) -> None:
        with self._log.open("ab") as log:
            self._keeper = subprocess.Popen(  # noqa: S603
                [sys.executable, "-m", KEEPER, self.name, str(lock.fd)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=REPOSITORY,
                env=os.environ | {"ASSAY_VAR": str(self._layout.var)},
                # It is born with the lock: no instant in which there is no keeper.
                pass_fds=(lock.fd,),
                start_new_session=True,
            )

    def await_url(self) -> str:
        """Return the server's address once it serves.

        Raises:
            UnavailableError: its keeper could not start it.
        """
        while True:
            said = self.state()
            if said and said.error:
                raise UnavailableError(said.error)
            if said and said.url:
                return said.url
            self._replace_lost_keeper()
            time.sleep(POLL_SECONDS)

    def _replace_lost_keeper(self) -> None:
        code = self._keeper.poll() if self._keeper else None
        if code and not self.state():
            raise UnavailableError(
                f"{self.name} could not be kept: {last_line(self._log)}"
            )
        self.ensure_keeper()

    def state(self) -> State | None:
        """Return what the keeper says now, or None."""
        return State.read(self._state)

    def release(self) -> bool:
        """Give the share back; the last one out returns when the server has stopped.

        Returns whether this was the last one.
        """
        if self._lock is None or os.getpid() != self._holder:
            return False  # a fork shares the lock and leaves it to its parent
        lock, self._lock = self._lock, None
        was_last = self._is_last(lock)
        if was_last:
            self._await_end_of_keeper()
        lock.close()
        return was_last

    def _is_last(self, lock: FileLock) -> bool:
        if lock.try_exclusive():
            return True
        # Others have a share, or the keeper saw that nobody had and is stopping.
        time.sleep(SETTLE_SECONDS)
        return self.state() is None

    def _await_end_of_keeper(self) -> None:
        """Stop the keeper, which cannot see that the lease ended while we have it."""
        until = time.monotonic() + STOP_SECONDS
        asked = False
        with FileLock(self._keeper_lock) as keeper:
            while not keeper.try_exclusive() and time.monotonic() < until:
                said = self.state()
                if said and not asked:
                    asked = True
                    with suppress(ProcessLookupError):
                        os.kill(said.keeper, signal.SIGTERM)
                time.sleep(POLL_SECONDS)
        if self._keeper:
            self._keeper.poll()
