"""What allauth's list of sessions is told to do in this product's way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.core import context
from allauth.usersessions.adapter import DefaultUserSessionsAdapter

from apps.accounts.adapters.acts import record_act
from apps.accounts.domain.audit import Act

if TYPE_CHECKING:
    from collections.abc import Sequence

    from allauth.usersessions.models import UserSession


class SessionsAdapter(DefaultUserSessionsAdapter):
    """Ended sessions are written down."""

    def end_sessions(self, sessions: Sequence[UserSession]) -> None:
        """End sessions at once."""
        super().end_sessions(sessions)
        for session in sessions:
            record_act(
                context.request,
                Act.SESSION_ENDED,
                session.user,
                address=session.ip,
                browser=session.user_agent,
            )
