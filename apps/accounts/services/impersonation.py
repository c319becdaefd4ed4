"""Beginning and ending an operator's look as another person, on record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from apps.accounts.domain.audit import Act, Actor
from apps.accounts.domain.impersonation import MOST_REASON, Impersonation
from apps.accounts.models import AuditEvent, Membership, User
from apps.accounts.selectors.impersonation import find_reachable, may_impersonate
from apps.accounts.services.audit import record
from apps.core.errors import ConflictError, ForbiddenError, InvalidInputError
from apps.core.ids import new_id

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID


@transaction.atomic
def start_impersonation(
    *, operator: User, person_id: UUID, reason: str, actor: Actor, now: datetime
) -> Impersonation:
    """Let an operator look as a person for a while, and tell the owners why.

    Raises:
        ConflictError: the person is staff, switched off or gone.
        ForbiddenError: the operator lacks the permission.
        InvalidInputError: there is no reason, or too long a one.
    """
    if not may_impersonate(operator):
        raise ForbiddenError("You may not see pages as another person.")
    reason = " ".join(reason.split())
    if not reason or len(reason) > MOST_REASON:
        raise InvalidInputError(f"reason: say why, in 1 to {MOST_REASON} characters.")
    if find_reachable(person_id) is None:
        raise ConflictError("Nobody can look as staff, or as a person switched off.")
    flag = Impersonation(new_id(), operator.pk, person_id, reason, now)
    _record(Act.IMPERSONATION_STARTED, flag, actor, now, ends=flag.ends_at.isoformat())
    return flag


@transaction.atomic
def stop_impersonation(
    *, flag: Impersonation, actor: Actor, now: datetime, why: str
) -> bool:
    """Put on record that a look has ended, once; return whether this call did."""
    # Two requests may find it over at the same time.
    operator = User.objects.select_for_update(no_key=True).filter(pk=flag.operator_id)
    if operator.first() is None:
        return False
    ended = AuditEvent.objects.filter(
        actor_id=flag.operator_id,
        act=Act.IMPERSONATION_STOPPED.value,
        at__gte=flag.started_at,
        details__impersonation=str(flag.id),
    )
    if ended.exists():
        return False
    _record(Act.IMPERSONATION_STOPPED, flag, actor, now, ended=why)
    return True


def _record(
    act: Act, flag: Impersonation, actor: Actor, now: datetime, **more: str
) -> None:
    """Write one event for each workspace of the person: its owners read it there."""
    person = User.objects.filter(pk=flag.person_id).first()
    theirs = Membership.objects.filter(user_id=flag.person_id).order_by("created_at")
    for workspace_id in theirs.values_list("workspace_id", flat=True):
        record(
            act=act,
            actor=actor,
            now=now,
            workspace_id=workspace_id,
            person_id=flag.person_id,
            subject="" if person is None else person.email,
            details={"impersonation": str(flag.id), "reason": flag.reason, **more},
        )
