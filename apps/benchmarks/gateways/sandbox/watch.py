"""What a jail uses in all, looked at from outside while it runs."""

from __future__ import annotations

import os
import resource
from pathlib import Path
from typing import TYPE_CHECKING, Final

from apps.benchmarks.gateways.sandbox.base import MEBIBYTE, JailEndedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from apps.benchmarks.gateways.sandbox.base import Limits

_PAGE: Final = resource.getpagesize()
_MAX_FILES: Final = 512
_PROC: Final = Path("/proc")


class Watch:
    """Sums over a jail's processes what the kernel bounds only one by one."""

    def __init__(self, pid: int, limits: Limits, folder: str = "") -> None:
        """Watch the tree under `pid`, and `folder` where the jail may write."""
        self._pid = pid
        self._limits = limits
        self._folder = folder
        self._cpu_seconds = 0.0

    def look(self) -> None:
        """Compare use with the limits.

        Raises:
            JailEndedError: one is crossed.
        """
        memory = tasks = 0
        cpu = 0.0
        for pid in self._tree(self._pid, 0):
            pages, threads, seconds = _usage(pid)
            memory += pages * _PAGE
            tasks += threads
            cpu += seconds
        self._cpu_seconds = max(self._cpu_seconds, cpu)
        if memory > self._limits.memory_mb * MEBIBYTE:
            raise JailEndedError("it ran out of memory")
        # The tier's own two processes come on top of the answer's.
        if tasks > self._limits.tasks + 2:
            raise JailEndedError("it started too many processes or threads")
        if self._folder and _disk_is_full(self._folder, self._limits):
            raise JailEndedError("it wrote more than the disk limit")

    def cpu_is_spent(self) -> bool:
        """Say whether the last look found the processor time nearly used up."""
        return self._cpu_seconds > self._limits.cpu_seconds - 0.5

    def delay(self) -> float:
        """Return how many seconds the jail was ready to run and got no processor."""
        return max(map(_delay, self._tree(self._pid, 0)), default=0.0)

    def children(self) -> list[int]:
        """Return the processes that the watched one started."""
        return list(_children(self._pid))

    def _tree(self, pid: int, depth: int) -> Iterator[int]:
        yield pid
        if depth < self._limits.tasks:
            for child in _children(pid):
                yield from self._tree(child, depth + 1)


def _children(pid: int) -> Iterator[int]:
    try:
        for task in (_PROC / str(pid) / "task").iterdir():
            for child in (task / "children").read_text().split():
                yield int(child)
    except OSError:  # it ended while we looked
        return


def _usage(pid: int) -> tuple[int, int, float]:
    """Return a process's resident pages, its threads, and its CPU seconds."""
    try:
        stat = (_PROC / str(pid) / "stat").read_bytes()
    except OSError:
        return 0, 0, 0.0
    # The name, in parentheses, may hold any bytes; what follows it does not.
    fields = stat.rpartition(b")")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    return int(fields[21]), int(fields[17]), ticks / os.sysconf("SC_CLK_TCK")


def _delay(pid: int) -> float:
    """Return the seconds that a process's first thread has waited for a processor."""
    try:
        fields = (_PROC / str(pid) / "schedstat").read_text().split()
    except OSError:
        return 0.0
    return int(fields[1]) / 1e9


def _disk_is_full(folder: str, limits: Limits) -> bool:
    size = files = 0
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                files += 1
                size += entry.stat(follow_symlinks=False).st_blocks * 512
    except OSError:
        return False
    return files > _MAX_FILES or size > limits.disk_mb * MEBIBYTE
