"""Rows that are written by the batch, off the path of what makes them."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Generic, TypeVar

import structlog

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

logger = structlog.get_logger(__name__)

Row = TypeVar("Row")
_COMPLAIN_EVERY_SECONDS = 60.0


class Batcher(Generic[Row]):
    """Takes rows from many threads and stores them from one of its own.

    A process that is killed loses what came since the last batch: `pause` seconds, or
    `most` rows where the store does not take them; beyond that the oldest are dropped
    and counted. One that ends in order closes, and loses nothing.
    """

    def __init__(
        self,
        store: Callable[[Sequence[Row]], None],
        *,
        batch: int = 500,
        most: int = 10_000,
        pause: float = 1.0,
        runs: bool = True,
    ) -> None:
        """`runs` says whether a thread stores; without it, only `flush` does."""
        self._store = store
        self._batch = batch
        self._most = most
        self._pause = pause
        self._runs = runs
        self._rows: deque[Row] = deque()
        self._lost = 0
        self._lock = threading.Lock()
        self._storing = threading.Lock()
        self._thread: threading.Thread | None = None
        self._wake = threading.Event()
        self._closed = False
        self._complain_after = float("-inf")

    @property
    def waiting(self) -> int:
        """How many rows are not stored yet."""
        return len(self._rows)

    @property
    def lost(self) -> int:
        """How many rows were dropped because the store did not take them in time."""
        return self._lost

    def add(self, row: Row) -> None:
        """Take a row; it costs the caller an append."""
        with self._lock:
            self._rows.append(row)
            self._trim()
            if self._runs and self._thread is None and not self._closed:
                self._thread = threading.Thread(
                    target=self._run, name="batcher", daemon=True
                )
                self._thread.start()
        if len(self._rows) >= self._batch:
            self._wake.set()

    def flush(self) -> int:
        """Store what waits, in batches; return how many rows were stored.

        What the store refuses waits on, and its failure is raised.
        """
        stored = 0
        with self._storing:
            while rows := self._take():
                try:
                    self._store(rows)
                except Exception:
                    self._put_back(rows)
                    raise
                stored += len(rows)
        return stored

    def close(self) -> None:
        """Store what waits for the last time; calling it twice is safe."""
        self._closed = True
        self._wake.set()
        if self._runs:
            self._try_to_flush()

    def _run(self) -> None:
        while not self._closed:
            self._wake.wait(self._pause)
            self._wake.clear()
            self._try_to_flush()

    def _try_to_flush(self) -> None:
        try:
            self.flush()
        except Exception as error:  # noqa: BLE001 (the rows wait, the thread lives)
            self._complain(error)
            time.sleep(min(1.0, self._pause))

    def _take(self) -> list[Row]:
        with self._lock:
            count = min(self._batch, len(self._rows))
            return [self._rows.popleft() for _ in range(count)]

    def _put_back(self, rows: Sequence[Row]) -> None:
        with self._lock:
            self._rows.extendleft(reversed(rows))
            self._trim()

    def _trim(self) -> None:
        while len(self._rows) > self._most:
            self._rows.popleft()
            self._lost += 1

    def _complain(self, error: Exception) -> None:
        now = time.monotonic()
        if now >= self._complain_after:
            self._complain_after = now + _COMPLAIN_EVERY_SECONDS
            logger.warning(
                "batch_not_stored",
                error=str(error),
                waiting=self.waiting,
                lost=self.lost,
            )
