"""Locks that the kernel releases whatever happens to their holder."""

from __future__ import annotations

import fcntl
import os
import time
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from pathlib import Path

POLL_SECONDS = 0.02


class FileLock:
    """An flock(2) on one file, which may carry a line about its holder."""

    def __init__(self, path: Path) -> None:
        """Open the file; nothing is locked yet."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def share(self) -> None:
        """Take a share, waiting for an exclusive holder to leave."""
        fcntl.flock(self.fd, fcntl.LOCK_SH)

    def try_exclusive(self) -> bool:
        """Take it alone if nobody else has it or a share of it."""
        try:
            fcntl.flock(self.fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def exclusive_within(self, seconds: float) -> bool:
        """Take it alone, waiting up to `seconds` for the others."""
        until = time.monotonic() + seconds
        while not self.try_exclusive():
            if time.monotonic() > until:
                return False
            time.sleep(POLL_SECONDS)
        return True

    def write(self, text: str) -> None:
        """Replace what the file says about its holder."""
        os.ftruncate(self.fd, 0)
        os.pwrite(self.fd, text.encode(), 0)

    def read(self) -> str:
        """Return what the present or last holder wrote."""
        return os.pread(self.fd, 4096, 0).decode()

    def close(self) -> None:
        """Release it, unless a child inherited it and lives."""
        os.close(self.fd)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def is_held(path: Path) -> bool:
    """Say whether anyone holds the lock now."""
    with FileLock(path) as lock:
        return not lock.try_exclusive()
