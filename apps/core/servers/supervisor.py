"""`manage.py up`: the whole service on one machine, as one foreground process.

It leases the embedded servers, brings the installation up to date, starts the service's
processes, starts again what dies, and takes everything down in order.
"""

from __future__ import annotations

import os
import signal
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from apps.core.errors import ConflictError, UnavailableError
from apps.core.servers import system
from apps.core.servers.child import last_line
from apps.core.servers.lease import SERVERS, Lease
from apps.core.servers.locks import FileLock
from apps.core.servers.processes import Supervised
from apps.core.servers.setup_run import run_setup

if TYPE_CHECKING:
    from collections.abc import Sequence

    from apps.core.servers.layout import Layout
    from apps.core.servers.plan import Process
    from apps.core.servers.progress import Progress

DEFAULT_PORT = 8000
LOOK_SECONDS = 0.2
ANSWER_SECONDS = 60.0
SHOWN_NAMES = {"postgres": "PostgreSQL", "valkey": "Valkey"}
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True)
class Address:
    """Where the web server listens."""

    bind: str
    port: int

    @property
    def url(self) -> str:
        """Return what a person on this machine opens."""
        return f"http://localhost:{self.port}"


@dataclass
class Supervisor:
    """One run of the service."""

    layout: Layout
    progress: Progress
    plan: Sequence[Process]
    setup: tuple[str, ...] = ("manage.py", "setup")
    bind: str = "127.0.0.1"
    port: int | None = None
    _leases: dict[str, Lease] = field(default_factory=dict)
    _starts: dict[str, tuple[int, int]] = field(default_factory=dict)
    _processes: list[Supervised] = field(default_factory=list)

    def run(self) -> None:
        """Run until a signal ends it; nothing is left behind.

        Raises:
            ConflictError: it runs already.
            UnavailableError: a part of the start failed.
        """
        self.layout.make()
        with FileLock(self.layout.locks / "up.lock") as lock:
            if not lock.try_exclusive():
                where = lock.read() or "an address that it has not chosen yet"
                raise ConflictError(f"already running at {where}")
            for number in STOP_SIGNALS:
                signal.signal(number, signal.default_int_handler)
            lock.write("")
            try:
                self._start(lock)
                while True:
                    self._look()
                    time.sleep(LOOK_SECONDS)
            except KeyboardInterrupt:
                pass
            finally:
                self._stop()

    def _start(self, lock: FileLock) -> None:
        self._check_machine()
        address = self._choose_address()
        lock.write(address.url)
        self._lease_servers()
        log = self.layout.logs / "setup.log"
        shown = run_setup(self.setup, os.environ, log, self.progress)
        self._start_processes(address)
        self.progress.say("")
        self.progress.say(f"Assay runs at {address.url}  (Ctrl-C stops it)")
        for line in shown:
            self.progress.say(line)

    def _check_machine(self) -> None:
        if sys.platform == "darwin":
            self.progress.say("macOS: untried; what follows may not work.")
        missing = system.missing_packages()
        if missing:
            self.progress.say(f"! {system.advice(missing)}")

    def _choose_address(self) -> Address:
        if self.port is not None and not system.is_free(self.bind, self.port):
            raise UnavailableError(f"Port {self.port} on {self.bind} is in use.")
        port = self.port or system.free_port(self.bind, DEFAULT_PORT)
        if port is None:
            raise UnavailableError(f"No free port on {self.bind}; choose one: --port N")
        if self.port is None and port != DEFAULT_PORT:
            self.progress.say(f"! port {DEFAULT_PORT} is in use; taking {port}")
        return Address(self.bind, port)

    def _lease_servers(self) -> None:
        for variable, name in SERVERS.items():
            if os.environ.get(variable):
                with self.progress.step(f"Use {SHOWN_NAMES[name]} of {variable}"):
                    continue
            with self.progress.step(f"Start {SHOWN_NAMES[name]}"):
                lease = self._leases[name] = Lease(self.layout, name)
                lease.take()
                os.environ[variable] = lease.await_url()
            self._note_starts(name)

    def _start_processes(self, address: Address) -> None:
        fields = {"bind": address.bind, "port": str(address.port)}
        env = os.environ | {"PYTHONUNBUFFERED": "1"}
        for process in self.plan:
            log = self.layout.logs / f"{process.name}.log"
            supervised = Supervised(process, log, env, fields)
            with self.progress.step(f"Start {process.name}"):
                self._processes.append(supervised)
                supervised.start()
                if process.answers_http:
                    await_answer(address, supervised)

    def _look(self) -> None:
        """Start again what died, and say so."""
        for supervised in self._processes:
            self._tell(supervised.look())
        for name, lease in self._leases.items():
            if lease.ensure_keeper():
                self._tell(
                    f"the keeper of {SHOWN_NAMES[name]} died; another one starts"
                )
            elif self._note_starts(name):
                self._tell(f"{SHOWN_NAMES[name]} died and was started again")

    def _note_starts(self, name: str) -> bool:
        """Remember who runs a server; say whether that changed."""
        said = self._leases[name].state()
        if said is None or not said.url:
            return False
        now = (said.keeper, said.starts)
        before = self._starts.get(name, now)
        self._starts[name] = now
        return now != before

    def _tell(self, line: str | None) -> None:
        if line:
            self.progress.say(f"! {time.strftime('%H:%M:%S')} {line}")

    def _stop(self) -> None:
        """Stop the processes, last started first, then the servers."""
        if self._processes:
            self.progress.say("")
        try:
            for supervised in reversed(self._processes):
                with self.progress.step(f"Stop {supervised.name}"):
                    supervised.stop()
        except KeyboardInterrupt:  # asked twice: no more patience
            for supervised in self._processes:
                supervised.kill()
        for number in STOP_SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        for name, lease in reversed(self._leases.items()):
            with self.progress.step(f"Stop {SHOWN_NAMES[name]}") as step:
                if not lease.release():
                    step.note = "left to another command that uses it"


def await_answer(address: Address, supervised: Supervised) -> None:
    """Return when the web server answers anything at all.

    Raises:
        UnavailableError: it ended, or took too long.
    """
    until = time.monotonic() + ANSWER_SECONDS
    # An address such as 0.0.0.0 is no destination everywhere.
    host = "127.0.0.1" if address.bind in {"0.0.0.0", "::"} else address.bind  # noqa: S104
    shown_host = f"[{host}]" if ":" in host else host
    url = f"http://{shown_host}:{address.port}/livez"
    while not _answers(url):
        if not supervised.is_running() or time.monotonic() > until:
            raise UnavailableError(
                f"{supervised.name} does not answer ({last_line(supervised.log)}); "
                f"see {supervised.log}"
            )
        time.sleep(0.05)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):  # noqa: S310
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
