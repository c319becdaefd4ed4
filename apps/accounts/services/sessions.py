"""Ending a person's sessions from outside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.usersessions.models import UserSession
from django.db import transaction

from apps.accounts.domain.audit import Act
from apps.accounts.models import User
from apps.accounts.selectors.people import personal_workspace_id
from apps.accounts.services.audit import record

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from apps.accounts.domain.audit import Actor


@transaction.atomic
def end_sessions(*, user_id: UUID, actor: Actor, now: datetime) -> int:
    """Sign a person out everywhere, on record; return how many sessions that ended."""
    user = User.objects.select_for_update(no_key=True).get(pk=user_id)
    sessions = list(UserSession.objects.filter(user_id=user_id))
    for session in sessions:
        session.end()
    if sessions:
        record(
            act=Act.SESSION_ENDED,
            actor=actor,
            now=now,
            workspace_id=personal_workspace_id(user_id),
            person_id=user_id,
            subject=user.email,
            details={"sessions": len(sessions)},
        )
    return len(sessions)
