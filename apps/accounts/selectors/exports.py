"""A person's exports as their page shows them, and the way to the file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from apps.accounts.domain.exports import ONE_PER, ExportState, digest_of
from apps.accounts.gateways.export_files import open_archive
from apps.accounts.models import DataExport
from apps.core.errors import NotFoundError

if TYPE_CHECKING:
    from datetime import datetime
    from typing import IO
    from uuid import UUID

GONE = "There is no such export, or its 7 days are over. Ask for another one."


@dataclass(frozen=True, slots=True)
class ExportRow:
    """Where the last export stands, and whether another one may be asked for."""

    state: ExportState
    asked_at: datetime
    ready_at: datetime | None
    expires_at: datetime | None
    size: int | None
    may_ask: bool


@dataclass(frozen=True, slots=True)
class Download:
    """An archive that is open for reading."""

    export_id: UUID
    file: IO[bytes]
    size: int
    made_at: datetime


def find_last_export(user_id: UUID, now: datetime) -> ExportRow | None:
    """Return a person's last export, None where there was none."""
    last = DataExport.objects.filter(user_id=user_id).order_by("-asked_at").first()
    if last is None:
        return None
    state = ExportState(last.state)
    if state is ExportState.READY and last.expires_at and last.expires_at <= now:
        state = ExportState.EXPIRED  # the sweep has not been yet
    is_past = now - last.asked_at >= ONE_PER
    runs = state in {ExportState.WAITING, ExportState.BUILDING}
    return ExportRow(
        state=state,
        asked_at=last.asked_at,
        ready_at=last.ready_at,
        expires_at=last.expires_at,
        size=last.size,
        may_ask=not runs and (is_past or state is ExportState.FAILED),
    )


def get_download(user_id: UUID, token: str, now: datetime) -> Download:
    """Open the archive that a link leads to, for the person whose it is.

    Raises:
        NotFoundError: the link is another's, over, or none of ours.
    """
    export = DataExport.objects.filter(
        user_id=user_id,
        digest=digest_of(token),
        state=ExportState.READY.value,
        expires_at__gt=now,
    ).first()
    if export is None or export.size is None or export.ready_at is None:
        raise NotFoundError(GONE)
    try:
        file = open_archive(export.id)
    except FileNotFoundError:
        raise NotFoundError(GONE) from None
    return Download(export.id, file, export.size, export.ready_at)
