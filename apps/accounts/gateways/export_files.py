"""The folder of exports: nobody else on the machine may read it, no URL leads there."""

from __future__ import annotations

import os
import zipfile
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING
from uuid import UUID

from django.conf import settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_PART = ".part"


class Archive:
    """A zip that is written piece by piece."""

    def __init__(self, file: zipfile.ZipFile) -> None:
        """Write into an open zip."""
        self._file = file

    def add(self, name: str, pieces: Iterable[str]) -> None:
        """Write one file; no more than a piece of it is in memory."""
        info = zipfile.ZipInfo(name)
        info.compress_type = zipfile.ZIP_DEFLATED
        info.external_attr = 0o600 << 16
        with self._file.open(info, "w", force_zip64=True) as file:
            for piece in pieces:
                file.write(piece.encode())


@contextmanager
def write_archive(export_id: UUID, attempt: int) -> Iterator[Archive]:
    """Write an export's archive aside and put it in place once it is whole."""
    folder = _folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    aside = folder / f"{export_id}.{attempt}{_PART}"
    try:
        # What a killed worker left of this attempt is written over.
        number = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(number, "wb") as raw, zipfile.ZipFile(raw, "w") as file:
            yield Archive(file)
        aside.replace(_path(export_id))
    finally:
        aside.unlink(missing_ok=True)


def size_of(export_id: UUID) -> int:
    """Return how many bytes an export has.

    Raises:
        FileNotFoundError: its file is gone.
    """
    return _path(export_id).stat().st_size


def open_archive(export_id: UUID) -> IO[bytes]:
    """Open an export for reading.

    Raises:
        FileNotFoundError: its file is gone.
    """
    return _path(export_id).open("rb")


def remove_archive(export_id: UUID) -> None:
    """Delete an export's file, and parts of it that killed workers left."""
    folder = _folder()
    for path in [_path(export_id), *folder.glob(f"{export_id}.*{_PART}")]:
        path.unlink(missing_ok=True)


def list_archives() -> set[UUID]:
    """Return the ids of the exports that have files, whole or in part."""
    folder = _folder()
    if not folder.is_dir():
        return set()
    found: set[UUID] = set()
    for path in folder.iterdir():
        try:
            found.add(UUID(path.name.partition(".")[0]))
        except ValueError:  # somebody else's file
            continue
    return found


def _folder() -> Path:
    return Path(settings.EXPORT_FOLDER)


def _path(export_id: UUID) -> Path:
    return _folder() / f"{export_id}.zip"
