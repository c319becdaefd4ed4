"""A run that somebody waits for: worked on here, or by workers while we look on."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from asgiref.sync import async_to_sync

from apps.benchmarks.pipelines.shards import DEFAULTS, ShardOptions, work_on_shard
from apps.benchmarks.selectors.runs import get_run
from apps.benchmarks.selectors.shards import list_unfinished_shards
from apps.benchmarks.selectors.suites import SYSTEM
from apps.benchmarks.services.runs import cancel_run
from apps.core.database import call
from apps.core.errors import UnavailableError
from apps.core.heartbeats import has_live_worker

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable
    from datetime import datetime
    from uuid import UUID

    from apps.benchmarks.selectors.runs import RunRow

QUEUE = "benchmarks"
LOOK_SECONDS = 0.3
# A worker that is restarted is back within this time.
WORKER_PATIENCE_SECONDS = 20.0
INTERRUPTED = "Interrupted at the command line."


def is_worker_there(now: datetime) -> bool:
    """Return whether a worker would take a shard now."""
    try:
        return has_live_worker(QUEUE, now)
    except UnavailableError:
        return False


class Attendance:
    """Waits for one run and tells how it moves.

    `tell` is called with the run's row whenever it may have moved; `interrupted` is
    set to cancel the run.
    """

    def __init__(
        self,
        run_id: UUID,
        *,
        clock: Callable[[], datetime],
        tell: Callable[[RunRow], None],
        interrupted: threading.Event,
    ) -> None:
        """Take the run and how to speak about it."""
        self._run_id = run_id
        self._clock = clock
        self._tell = tell
        self._interrupted = interrupted

    def work_here(self, options: ShardOptions = DEFAULTS) -> RunRow:
        """Do the run in this process and return how it ended."""
        return async_to_sync(self._work_here)(options)

    def look_on(
        self,
        options: ShardOptions = DEFAULTS,
        *,
        patience_seconds: float = WORKER_PATIENCE_SECONDS,
    ) -> RunRow:
        """Wait for workers to do the run; where they are gone, do the rest here."""
        seen = time.monotonic()
        while True:
            run = self._look()
            if not run.is_active:
                return run
            if is_worker_there(self._clock()):
                seen = time.monotonic()
            elif time.monotonic() - seen > patience_seconds:
                return self.work_here(options)
            time.sleep(LOOK_SECONDS)

    async def _work_here(self, options: ShardOptions) -> RunRow:
        looking = asyncio.create_task(self._keep_looking())
        try:
            while True:
                shards = await call(list_unfinished_shards, self._run_id)
                await asyncio.gather(
                    *(
                        work_on_shard(one, clock=self._clock, options=options)
                        for one in shards
                    )
                )
                run = await call(self._look)
                if not run.is_active:
                    return run
                # Another worker holds a part: it ends it, or its lease runs out.
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            looking.cancel()

    async def _keep_looking(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await call(self._look)

    def _look(self) -> RunRow:
        run = get_run(SYSTEM, self._run_id).run
        self._tell(run)
        if run.is_active and self._interrupted.is_set():
            cancel_run(run_id=self._run_id, now=self._clock(), reason=INTERRUPTED)
        return run
