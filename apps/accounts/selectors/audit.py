"""What was done in a workspace, for its owners."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q

from apps.accounts.domain.roles import Power
from apps.accounts.models import AuditEvent
from apps.accounts.selectors.workspaces import get_workspace
from apps.core.errors import InvalidInputError

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from apps.accounts.domain.audit import Act
    from apps.accounts.selectors.workspaces import Viewer


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One act: `actor` is who did it, `subject` what it was done to."""

    id: UUID
    at: datetime
    act: str
    actor: str
    subject: str
    ip: str
    key_id: UUID | None
    details: dict[str, object]

    @property
    def words(self) -> str:
        """Return the act as a person reads it."""
        return self.act.replace(".", " ").replace("_", " ").capitalize()

    @property
    def particulars(self) -> tuple[tuple[str, object], ...]:
        """Return the details that a person can read, by name."""
        return tuple(
            (name.replace("_", " "), value)
            for name, value in self.details.items()
            if isinstance(value, str | int) and value != ""
        )


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which acts: `person` is part of an address, `until` is not included."""

    act: Act | None = None
    person: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Some acts, the newest first, and where the next page goes on."""

    rows: tuple[AuditRow, ...]
    next_cursor: UUID | None


def list_audit(
    viewer: Viewer,
    workspace_id: UUID,
    *,
    wanted: AuditFilter,
    cursor: UUID | None,
    limit: int,
) -> AuditPage:
    """Return a page of what was done in a workspace.

    Raises:
        ForbiddenError: whoever asks is no owner.
        InvalidInputError: the cursor is of no page.
        NotFoundError: a stranger asks.
    """
    get_workspace(viewer, workspace_id, needs=Power.AUDIT)
    log = AuditEvent.objects.filter(workspace_id=workspace_id)
    found = _filter(log, wanted)
    if cursor is not None:
        found = found.filter(_before(log, cursor))
    events = list(found.order_by("-at", "-id")[: limit + 1])
    rows = tuple(_to_row(event) for event in events[:limit])
    more = len(events) > limit
    return AuditPage(rows, rows[-1].id if more else None)


def _filter(log: QuerySet[AuditEvent], wanted: AuditFilter) -> QuerySet[AuditEvent]:
    if wanted.act is not None:
        log = log.filter(act=wanted.act.value)
    if wanted.person:
        person = wanted.person
        log = log.filter(
            Q(actor_label__icontains=person) | Q(subject__icontains=person)
        )
    if wanted.since is not None:
        log = log.filter(at__gte=wanted.since)
    if wanted.until is not None:
        log = log.filter(at__lt=wanted.until)
    return log


def _before(log: QuerySet[AuditEvent], cursor: UUID) -> Q:
    at = log.filter(pk=cursor).values_list("at", flat=True).first()
    if at is None:
        raise InvalidInputError("cursor is of no page of this log: start anew.")
    return Q(at__lt=at) | Q(at=at, id__lt=cursor)


def _to_row(event: AuditEvent) -> AuditRow:
    return AuditRow(
        id=event.id,
        at=event.at,
        act=event.act,
        actor=event.actor_label,
        subject=event.subject,
        ip=event.ip or "",
        key_id=event.key_id,
        details=dict(event.details),
    )
