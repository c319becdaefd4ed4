"""For commands in the foreground: what is logged, what Ctrl-C and SIGTERM do."""

from __future__ import annotations

import logging
import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@contextmanager
def quiet() -> Iterator[None]:
    """Keep to warnings: what is logged as it goes, the progress says too."""
    loggers = logging.getLogger("apps")
    before = loggers.level
    loggers.setLevel(max(before, logging.WARNING))
    try:
        yield
    finally:
        loggers.setLevel(before)


@contextmanager
def interruptible(
    *, by: Sequence[signal.Signals] = (signal.SIGINT,)
) -> Iterator[threading.Event]:
    """Turn the first Ctrl-C into an event; the second one ends the process.

    `by` names the signals that are taken so.
    """
    interrupted = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield interrupted
        return

    def interrupt(number: int, _frame: object) -> None:
        interrupted.set()
        signal.signal(number, before[number])

    before = {int(one): signal.signal(one, interrupt) for one in by}
    try:
        yield interrupted
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def orderly() -> Iterator[None]:
    """Let SIGTERM end what is within as Ctrl-C does: it cleans up, and is done."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        pass
    finally:
        signal.signal(signal.SIGTERM, before)
