"""Logs of long-running programs: one file each, set aside at a start or when large."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

KEPT = 3
LARGEST_BYTES = 32 * 1024 * 1024


def rotate(log: Path) -> None:
    """Set the present log aside as `.1`, the older ones one further."""
    for number in range(KEPT, 0, -1):
        older = log.with_name(f"{log.name}.{number}")
        newer = log.with_name(f"{log.name}.{number - 1}") if number > 1 else log
        if newer.exists():
            newer.replace(older)


def trim(log: Path) -> None:
    """Set a log aside that has grown large under a program that goes on writing.

    The program appends through its own descriptor, so the file is copied and emptied.
    """
    if log.exists() and log.stat().st_size > LARGEST_BYTES:
        shutil.copyfile(log, log.with_name(f"{log.name}.1"))
        log.open("wb").close()
