"""People who are to be deleted, and what stands in the way."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import DatabaseError, connection
from django.db.models import Exists, OuterRef, Q

from apps.accounts.domain.roles import Role
from apps.accounts.models import Membership, User
from apps.core.health import Finding

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID


# A biller that is away for a day is no reason to call the service unwell.
BORNE = timedelta(days=1)


def list_alone_owned(user_id: UUID, now: datetime) -> tuple[str, ...]:
    """Return the names of shared workspaces that have this person for only owner.

    Those that go by themselves before or at `now` do not count.
    """
    others = Membership.objects.filter(
        workspace_id=OuterRef("workspace_id"), role=Role.OWNER
    ).exclude(user_id=user_id)
    stays = Q(workspace__deletion_due_at=None) | Q(workspace__deletion_due_at__gt=now)
    alone = Membership.objects.filter(
        ~Exists(others), stays, user_id=user_id, role=Role.OWNER
    ).filter(workspace__personal_of=None)
    return tuple(
        alone.order_by("workspace__name").values_list("workspace__name", flat=True)
    )


def list_due_people(now: datetime) -> tuple[UUID, ...]:
    """Return the ids of people whose days of grace are over, the longest due first."""
    due = User.objects.filter(deletion_due_at__lte=now).order_by("deletion_due_at")
    return tuple(due.values_list("id", flat=True))


def list_problems(now: datetime) -> tuple[tuple[datetime, str], ...]:
    """Return since when deletions are overdue and why, the longest due first."""
    due = User.objects.filter(deletion_due_at__lte=now).exclude(deletion_problem="")
    found = due.order_by("deletion_due_at")
    return tuple(
        (since, why)
        for since, why in found.values_list("deletion_due_at", "deletion_problem")
        if since is not None
    )


def check_deletions(now: datetime) -> Finding:
    """See whether accounts that should be gone are still there."""
    try:
        problems = list_problems(now)
    except DatabaseError:  # that has a check of its own, which names the cause
        connection.close()
        return Finding(ok=True, detail="not known while the database does not answer")
    if not problems:
        return Finding(ok=True, detail="none is overdue")
    since, why = problems[0]
    detail = f"{len(problems)} overdue, the longest since {since:%Y-%m-%d %H:%M}: {why}"
    return Finding(
        ok=now - since < BORNE,
        detail=detail,
        advice="Remove what stands in the way; it is tried again every 10 minutes.",
    )
