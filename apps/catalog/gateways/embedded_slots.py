"""The embedded server's slots, counted over all processes of the installation.

Two runs at once would otherwise queue inside the server, and what one waits for the
other would be measured as its model's own time.
"""

from __future__ import annotations

import asyncio
import fcntl
from contextlib import asynccontextmanager
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

# Answers take a second; a lock that is waited for in a thread cannot be cancelled.
_POLL_SECONDS = 0.01


class ServerSlots:
    """As many locks as the server has slots; the kernel frees those of the dead."""

    def __init__(self, run_dir: Path, count: int) -> None:
        """Keep the locks in files of `run_dir`."""
        self._files = [run_dir / f"llm.slot{number}" for number in range(count)]

    @asynccontextmanager
    async def hold(self) -> AsyncIterator[None]:
        """Wait for a slot and hold it for the block."""
        held = self._take()
        while held is None:
            await asyncio.sleep(_POLL_SECONDS)
            held = self._take()
        with held:
            yield

    def _take(self) -> IO[str] | None:
        for path in self._files:
            lock = path.open("a")
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.close()
            else:
                return lock
        return None
