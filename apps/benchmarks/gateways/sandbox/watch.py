"""What a jail uses in all, looked at from outside while it runs."""

from __future__ import annotations

import contextlib
import os
import resource
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from apps.benchmarks.gateways.sandbox.base import MEBIBYTE, JailEndedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from apps.benchmarks.gateways.sandbox.base import Limits

_PAGE: Final = resource.getpagesize()
_TICKS: Final = os.sysconf("SC_CLK_TCK")
_BLOCK: Final = 512  # bytes, whatever the file system's own blocks are
_MAX_FILES: Final = 512
# Shared pages can leave every process's resident set and stay in memory: what all
# processes map is bounded too, more loosely, for most of it is never touched.
_MAPPED: Final = 4
_PROC: Final = Path("/proc")


class Watch:
    """Sums over a jail's processes what the kernel bounds only one by one."""

    def __init__(self, pid: int, limits: Limits, folder: str = "") -> None:
        """Watch the tree under `pid`, and `folder` where the jail may write."""
        self._pid = pid
        self._limits = limits
        self._folder = folder
        self._cpu_seconds = 0.0
        self._spent: dict[int, float] = {}  # by process, whether it still runs or not

    def look(self) -> None:
        """Compare use with the limits.

        Raises:
            JailEndedError: one is crossed.
        """
        pids = list(self._tree(self._pid, 0))
        uses = {pid: use for pid in pids if (use := _usage(pid)) is not None}
        self._add_up(uses)
        resident = sum(use.resident for use in uses.values())
        mapped = sum(use.mapped for use in uses.values())
        most = self._limits.memory_mb * MEBIBYTE
        if resident > most or mapped > most * _MAPPED:
            raise JailEndedError("it ran out of memory")
        # The tier's own two processes come on top of the answer's.
        if sum(use.threads for use in uses.values()) > self._limits.tasks + 2:
            raise JailEndedError("it started too many processes or threads")
        if self._cpu_seconds > self._limits.cpu_seconds:
            raise JailEndedError("it ran out of processor time")
        if self._folder and self._disk_is_full(pids):
            raise JailEndedError("it wrote more than the disk limit")

    def _add_up(self, uses: Mapping[int, _Use]) -> None:
        """Sum the processor time of all processes that there have been.

        Who was waited for is in the sum of who waited; who ended unseen by a parent
        that waits for nobody is remembered from the last look.
        """
        self._spent.update({pid: use.seconds for pid, use in uses.items()})
        waited = sum(use.seconds + use.waited for use in uses.values())
        seen = sum(self._spent.values())
        self._cpu_seconds = max(self._cpu_seconds, waited, seen)

    def _disk_is_full(self, pids: list[int]) -> bool:
        files, size = _files_in(self._folder)
        size += sum(_unlinked(pids, self._folder).values())
        return files > _MAX_FILES or size > self._limits.disk_mb * MEBIBYTE

    def cpu_is_spent(self) -> bool:
        """Say whether the last look found the processor time nearly used up."""
        return self._cpu_seconds > self._limits.cpu_seconds - 0.5

    def delay(self) -> float:
        """Return how many seconds the jail was ready to run and got no processor.

        What its other threads and processes ran for meanwhile is its own doing.
        """
        waits = map(_schedule, self._tree(self._pid, 0))
        return max(
            (late - max(0.0, self._cpu_seconds - ran) for ran, late in waits),
            default=0.0,
        )

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


@dataclass(frozen=True, slots=True)
class _Use:
    """What one process uses: bytes, threads and seconds."""

    resident: int
    mapped: int
    threads: int
    seconds: float
    waited: float  # of the children that it has waited for


def _usage(pid: int) -> _Use | None:
    try:
        stat = (_PROC / str(pid) / "stat").read_bytes()
    except OSError:
        return None
    # The name, in parentheses, may hold any bytes; what follows it does not.
    fields = [int(field) for field in stat.rpartition(b")")[2].split()[1:]]
    return _Use(
        resident=fields[20] * _PAGE,
        mapped=fields[19],
        threads=fields[16],
        seconds=(fields[10] + fields[11]) / _TICKS,
        waited=(fields[12] + fields[13]) / _TICKS,
    )


def _schedule(pid: int) -> tuple[float, float]:
    """Return for how long a process's first thread ran, and waited to run."""
    try:
        fields = (_PROC / str(pid) / "schedstat").read_text().split()
    except OSError:
        return 0.0, 0.0
    return int(fields[0]) / 1e9, int(fields[1]) / 1e9


def _files_in(folder: str) -> tuple[int, int]:
    """Return how many files a folder holds, and their bytes."""
    files = size = 0
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                files += 1
                size += entry.stat(follow_symlinks=False).st_blocks * _BLOCK
    except OSError:
        pass
    return files, size


def _unlinked(pids: Iterable[int], folder: str) -> dict[int, int]:
    """Return the bytes, by inode, of files that were unlinked and are still held.

    Where the service may not look into the process, nothing is found.
    """
    sizes: dict[int, int] = {}
    for pid in pids:
        for found in (_open_unlinked, _mapped_unlinked):
            with contextlib.suppress(OSError):
                sizes.update(found(_PROC / str(pid), folder))
    return sizes


def _open_unlinked(process: Path, folder: str) -> dict[int, int]:
    device = Path(folder).stat().st_dev
    sizes = {}
    for entry in (process / "fd").iterdir():
        with contextlib.suppress(OSError):  # it was closed while we looked
            file = entry.stat()
            if not file.st_nlink and file.st_dev == device:
                sizes[file.st_ino] = file.st_blocks * _BLOCK
    return sizes


def _mapped_unlinked(process: Path, folder: str) -> dict[int, int]:
    sizes: dict[int, int] = {}
    for line in (process / "maps").read_text("utf-8", "replace").splitlines():
        if folder not in line or not line.endswith(" (deleted)"):
            continue
        span, _, _, _, inode, _ = line.split(maxsplit=5)
        begin, end = (int(part, 16) for part in span.split("-"))
        sizes[int(inode)] = max(sizes.get(int(inode), 0), end - begin)
    return sizes
