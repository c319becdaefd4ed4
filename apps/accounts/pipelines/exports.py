"""Building the archive of a person's data."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import structlog

from apps.accounts import registry
from apps.accounts.domain.exports import encode_rows, to_plain
from apps.accounts.gateways.export_files import remove_archive, size_of, write_archive
from apps.accounts.registry import Subject
from apps.accounts.selectors.own_data import list_owned_workspaces
from apps.accounts.services.exports import (
    finish_export,
    keep_export,
    release_export,
    take_export,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime
    from uuid import UUID

    from apps.accounts.gateways.export_files import Archive
    from apps.accounts.services.exports import Taken

    Clock = Callable[[], datetime]

logger = structlog.get_logger(__name__)

README = "README.json"
ROWS_PER_SIGN = 500
_WHAT = (
    "Everything that Assay keeps about you, and about the workspaces that you own. "
    "Times are UTC, money is decimal text. A file that ends in .jsonl has one JSON "
    "value a line."
)


class LostError(Exception):
    """Another worker has taken the export over."""


def build_export(*, export_id: UUID, clock: Clock) -> bool:
    """Write the archive and mail its link; return whether this call did.

    Running it twice at once or again changes nothing. A worker that dies leaves the
    export to the sweep, which lets another one begin anew.
    """
    taken = take_export(export_id=export_id, now=clock())
    if taken is None:
        return False
    try:
        with write_archive(taken.id, taken.attempt) as archive:
            _fill(archive, taken, clock)
        done = finish_export(taken=taken, size=size_of(taken.id), now=clock())
    except LostError:
        logger.warning("export_lost", export=str(export_id), attempt=taken.attempt)
        return False
    except Exception:  # of any app's exporter: it is tried again
        release_export(taken=taken)
        logger.exception("export_failed", export=str(export_id))
        return False
    if not done:
        remove_archive(taken.id)
    return done


def _fill(archive: Archive, taken: Taken, clock: Clock) -> None:
    files: list[dict[str, object]] = []
    for prefix, subject in _subjects(taken.user_id):
        for app, export in registry.exporters().items():
            for name, file in export(subject).items():
                place = f"{prefix}{app}/{name}"
                rows = _Counted(file, taken, clock)
                as_lines = name.endswith(".jsonl")
                archive.add(place, encode_rows(rows, as_lines=as_lines))
                about = getattr(file, "about", "")
                files.append({"file": place, "rows": rows.count, "about": about})
    readme = {
        "what": _WHAT,
        "made_at": to_plain(clock()),
        "files": files,
        "not_exported": dict(sorted(registry.kept_back().items())),
    }
    archive.add(README, [json.dumps(readme, indent=2, ensure_ascii=False)])


def _subjects(user_id: UUID) -> Iterator[tuple[str, Subject]]:
    yield "you/", Subject(user_id=user_id)
    for workspace_id in list_owned_workspaces(user_id):
        yield f"workspaces/{workspace_id}/", Subject(workspace_id=workspace_id)


class _Counted:
    """Counts rows as they pass, and tells every so often that this worker lives."""

    def __init__(self, rows: Iterable[object], taken: Taken, clock: Clock) -> None:
        self._rows = rows
        self._taken = taken
        self._clock = clock
        self.count = 0

    def __iter__(self) -> Iterator[Any]:
        self._sign()
        for row in self._rows:
            self.count += 1
            if self.count % ROWS_PER_SIGN == 0:
                self._sign()
            yield row

    def _sign(self) -> None:
        if not keep_export(taken=self._taken, now=self._clock()):
            raise LostError
