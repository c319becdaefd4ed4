"""Writing the audit log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.accounts.models import AuditEvent

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from apps.accounts.domain.audit import Act, Actor

_MOST_SUBJECT = 300


def record(
    *,
    act: Act,
    actor: Actor,
    now: datetime,
    workspace_id: UUID | None = None,
    person_id: UUID | None = None,
    subject: str = "",
    details: Mapping[str, object] | None = None,
) -> UUID:
    """Add an act to the log, in the transaction that does it.

    Args:
        act: what was done.
        actor: who did it.
        now: when.
        workspace_id: the workspace whose owners may read of it.
        person_id: whom it concerns besides the actor.
        subject: what it was done to, as a person would name it; never a secret.
        details: plain data that tells more; never a secret.
    """
    event = AuditEvent(
        at=now,
        act=act.value,
        workspace_id=workspace_id,
        person_id=person_id,
        actor_id=actor.user_id,
        actor_label=actor.label,
        key_id=actor.key_id,
        ip=actor.ip or None,
        subject=subject[:_MOST_SUBJECT],
        details=dict(details or {}),
    )
    event.save(force_insert=True)
    return event.id
