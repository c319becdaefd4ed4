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
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn

from apps.core.errors import ConflictError, UnavailableError
from apps.core.servers import system
from apps.core.servers.child import last_line
from apps.core.servers.lease import SERVERS, Lease
from apps.core.servers.locks import FileLock
from apps.core.servers.processes import Supervised
from apps.core.servers.setup_run import run_setup

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence

    from apps.core.servers.layout import Layout
    from apps.core.servers.plan import Process
    from apps.core.servers.progress import Progress

DEFAULT_PORT = 8000
PORTS_TRIED = 100
# Bound to these, a server is reached at its own machine's address.
ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104
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
    def shown(self) -> str:
        """Return what a person on this machine opens."""
        here = self.bind in {"127.0.0.1", "::1", *ANY_ADDRESS}
        return self._url("localhost" if here else self.bind)

    @property
    def reached(self) -> str:
        """Return what certainly leads there: "localhost" may be another's `::1`."""
        return self._url(ANY_ADDRESS.get(self.bind, self.bind))

    def _url(self, host: str) -> str:
        return (
            f"http://[{host}]:{self.port}"
            if ":" in host
            else f"http://{host}:{self.port}"
        )


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
    _address: Address = field(init=False)
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
                raise ConflictError(f"already running at {lock.read()}")
            stop = handle_stop_signals()
            with self._listen() as listener:
                self._address = Address(self.bind, listener.getsockname()[1])
                lock.write(self._address.shown)
                self._run_on(listener, stop)

    def _run_on(self, listener: socket.socket, stop: Stop) -> None:
        try:
            self._start(listener)
            while not stop.is_asked:
                self._look()
                time.sleep(LOOK_SECONDS)
        except KeyboardInterrupt:
            pass
        finally:
            self._stop()

    def _listen(self) -> socket.socket:
        """Take the port for good: what starts later finds it taken."""
        if self.port is not None:
            listener = system.listen(self.bind, self.port)
        else:
            listener = system.listen(self.bind, DEFAULT_PORT, PORTS_TRIED)
        if listener is None:
            raise UnavailableError(
                f"Port {self.port or DEFAULT_PORT} on {self.bind} cannot be used; "
                "choose another: --port N"
            )
        port = listener.getsockname()[1]
        if self.port is None and port != DEFAULT_PORT:
            self.progress.say(f"! port {DEFAULT_PORT} is in use; taking {port}")
        return listener

    def _start(self, listener: socket.socket) -> None:
        self._check_machine()
        self._lease_servers()
        log = self.layout.logs / "setup.log"
        shown = run_setup(self.setup, os.environ, log, self.progress)
        self._start_processes(listener.fileno())
        self.progress.say("")
        self.progress.say(f"Assay runs at {self._address.shown}  (Ctrl-C stops it)")
        for line in shown:
            self.progress.say(line)

    def _check_machine(self) -> None:
        if sys.platform == "darwin":
            self.progress.say("macOS: untried; what follows may not work.")
        missing = system.missing_packages()
        if missing:
            self.progress.say(f"! {system.advice(missing)}")

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

    def _start_processes(self, listener: int) -> None:
        env = os.environ | {"PYTHONUNBUFFERED": "1"}
        for process in self.plan:
            log = self.layout.logs / f"{process.name}.log"
            supervised = Supervised(process, log, env, listener)
            with self.progress.step(f"Start {process.name}"):
                self._processes.append(supervised)
                supervised.start()
                if process.answers_http:
                    await_answer(self._address.reached, supervised)

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
        """Stop the processes, those that others use after them, then the servers."""
        if self._processes:
            self.progress.say("")
        try:
            for last in (False, True):
                self._stop_together(
                    [p for p in self._processes if p.stops_last is last]
                )
        except KeyboardInterrupt:  # asked twice: no more patience
            for supervised in self._processes:
                supervised.kill()
        for number in STOP_SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        for name, lease in reversed(self._leases.items()):
            with self.progress.step(f"Stop {SHOWN_NAMES[name]}") as step:
                if not lease.release():
                    step.note = "left to another command that uses it"

    def _stop_together(self, processes: list[Supervised]) -> None:
        if not processes:
            return
        names = ", ".join(supervised.name for supervised in processes)
        with self.progress.step(f"Stop {names}"), ThreadPoolExecutor() as pool:
            stops = [pool.submit(supervised.stop) for supervised in processes]
            try:
                wait(stops)
            except KeyboardInterrupt:
                for supervised in processes:
                    supervised.kill()  # so that the pool's threads end
                raise


@dataclass
class Stop:
    """Whether a signal has asked us to end.

    Its `KeyboardInterrupt` says so at once, but is lost where it is raised in a
    finaliser or a callback; this is not.
    """

    is_asked: bool = False

    def ask(self, _number: int, _frame: object) -> NoReturn:
        """Handle a signal: note it, then end what is under way."""
        self.is_asked = True
        raise KeyboardInterrupt


def handle_stop_signals() -> Stop:
    """Let each signal that ends us end us as Ctrl-C does, and be noted."""
    stop = Stop()
    for number in STOP_SIGNALS:
        # `nohup` has a hang-up ignored; a shell's `&` ignores SIGINT, which we need.
        hung_up = number == signal.SIGHUP
        if not (hung_up and signal.getsignal(number) == signal.SIG_IGN):
            signal.signal(number, stop.ask)
    return stop


def await_answer(url: str, supervised: Supervised) -> None:
    """Return when the web server answers anything at all.

    Raises:
        UnavailableError: it ended, or took too long.
    """
    until = time.monotonic() + ANSWER_SECONDS
    while not _answers(f"{url}/livez"):
        if not supervised.is_running() or time.monotonic() > until:
            raise UnavailableError(
                f"{supervised.name} does not answer ({last_line(supervised.log)}); "
                f"see {supervised.log}"
            )
        time.sleep(0.05)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1):  # noqa: S310
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
