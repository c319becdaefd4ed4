"""Changing who belongs to a workspace, and as what.

Each change holds the workspace first: of two at once the second sees what the first one
left, and a workspace always keeps an owner. A trigger of the table says so, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from apps.accounts.domain.audit import Act
from apps.accounts.domain.roles import Power, Role, has_power, may_give
from apps.accounts.models import Membership
from apps.accounts.services.audit import record
from apps.accounts.services.invitations import revoke_invitations_of
from apps.accounts.services.keys import revoke_keys_of
from apps.accounts.services.locks import hold_workspace
from apps.core.errors import ConflictError, ForbiddenError, NotFoundError

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from apps.accounts.domain.audit import Actor
    from apps.accounts.selectors.workspaces import Viewer, WorkspaceRow


@transaction.atomic
def change_role(
    *,
    viewer: Viewer,
    workspace_id: UUID,
    member_id: UUID,
    role: Role,
    actor: Actor,
    now: datetime,
) -> None:
    """Make a member something else; what they are already is nothing.

    Raises:
        ConflictError: it would leave no owner, or another one in somebody's own.
        ForbiddenError: the role of whoever asks does not allow it.
        NotFoundError: a stranger asks, or there is no such member.
    """
    workspace = hold_workspace(viewer, workspace_id, needs=Power.MEMBERS)
    member = _get_member(workspace, member_id)
    _require_reach(workspace, member, role)
    before = Role(member.role)
    if role is before:
        return
    if workspace.is_personal and Role.OWNER in (role, before):
        raise ConflictError("A workspace of one's own has one owner for good.")
    if before is Role.OWNER:
        _require_another_owner(workspace, member)
    member.role = role
    member.full_clean(validate_unique=False, validate_constraints=False)
    member.save(update_fields=["role"])
    _withdraw(member, role, actor, now)
    _record(
        Act.MEMBER_ROLE_CHANGED,
        member,
        actor,
        now,
        before=before.value,
        after=role.value,
    )


@transaction.atomic
def remove_member(
    *, viewer: Viewer, workspace_id: UUID, member_id: UUID, actor: Actor, now: datetime
) -> None:
    """Put a member out; the next thing they or their keys ask for is refused.

    Raises:
        ConflictError: the member is whoever asks: they leave.
        ForbiddenError: the role of whoever asks does not allow it.
        NotFoundError: a stranger asks, or there is no such member.
    """
    workspace = hold_workspace(viewer, workspace_id, needs=Power.MEMBERS)
    member = _get_member(workspace, member_id)
    if viewer.user_id == member.user_id:
        raise ConflictError("That is you: leave the workspace instead.")
    _require_reach(workspace, member, Role(member.role))
    if member.role == Role.OWNER:
        _require_another_owner(workspace, member)
    _let_go(Act.MEMBER_REMOVED, member, actor, now)


@transaction.atomic
def leave_workspace(
    *, viewer: Viewer, workspace_id: UUID, actor: Actor, now: datetime
) -> None:
    """End one's own membership.

    Raises:
        ConflictError: it is one's own workspace, or one is its only owner.
        ForbiddenError: no person asks.
        NotFoundError: a stranger asks.
    """
    workspace = hold_workspace(viewer, workspace_id)
    member = _get_own(workspace, viewer)
    if member.role == Role.OWNER:
        _require_another_owner(workspace, member)
    _let_go(Act.MEMBER_LEFT, member, actor, now)


@transaction.atomic
def transfer_ownership(
    *, viewer: Viewer, workspace_id: UUID, member_id: UUID, actor: Actor, now: datetime
) -> None:
    """Make a member the owner in one's own place, and stay on as an administrator.

    Raises:
        ConflictError: it is one's own workspace, or the member owns it already.
        ForbiddenError: whoever asks is no owner in person.
        NotFoundError: a stranger asks, or there is no such member.
    """
    workspace = hold_workspace(viewer, workspace_id, needs=Power.OWN)
    giver = _get_own(workspace, viewer)
    taker = _get_member(workspace, member_id)
    if workspace.is_personal:
        raise ConflictError("A workspace of one's own cannot be given away.")
    if taker.role == Role.OWNER:
        raise ConflictError(f"{taker.user.email} is an owner already.")
    taker.role, giver.role = Role.OWNER, Role.ADMIN
    for member in (taker, giver):
        member.save(update_fields=["role"])
    _withdraw(giver, Role.ADMIN, actor, now)
    _record(Act.OWNERSHIP_TRANSFERRED, taker, actor, now)


def _get_member(workspace: WorkspaceRow, member_id: UUID) -> Membership:
    found = (
        Membership.objects.select_related("user")
        .filter(pk=member_id, workspace_id=workspace.id)
        .first()
    )
    if found is None:
        raise NotFoundError(f"{workspace.name} has no member {member_id}.")
    return found


def _get_own(workspace: WorkspaceRow, viewer: Viewer) -> Membership:
    found = (
        Membership.objects.select_related("user")
        .filter(user_id=viewer.user_id, workspace_id=workspace.id)
        .first()
        if viewer.user_id
        else None
    )
    if found is None:
        raise ForbiddenError("Only a member can do that, in person.")
    return found


def _require_reach(workspace: WorkspaceRow, member: Membership, role: Role) -> None:
    """Refuse an administrator who would touch owners, or make one."""
    if has_power(workspace.role, Power.OWN):
        return
    if member.role == Role.OWNER:
        raise ForbiddenError("Only an owner can change another owner.")
    if not may_give(workspace.role, role):
        raise ForbiddenError(f"Only an owner can make somebody {role.value}.")


def _require_another_owner(workspace: WorkspaceRow, member: Membership) -> None:
    if workspace.is_personal:
        raise ConflictError("Nobody leaves a workspace of their own.")
    others = Membership.objects.filter(workspace_id=workspace.id, role=Role.OWNER)
    if not others.exclude(pk=member.pk).exists():
        raise ConflictError(
            f"{workspace.name} would have no owner left: make somebody else one, or "
            "transfer or delete the workspace."
        )


def _let_go(act: Act, member: Membership, actor: Actor, now: datetime) -> None:
    keys = revoke_keys_of(
        workspace_id=member.workspace_id, user_id=member.user_id, actor=actor, now=now
    )
    _withdraw(member, None, actor, now)
    _record(act, member, actor, now, role=member.role, keys_revoked=keys)
    Membership.objects.filter(pk=member.pk).delete()


def _withdraw(
    member: Membership, role: Role | None, actor: Actor, now: datetime
) -> None:
    """Take back the places that the member offered and may no longer give."""
    revoke_invitations_of(
        user_id=member.user_id,
        workspace_id=member.workspace_id,
        role=role,
        actor=actor,
        now=now,
    )


def _record(
    act: Act, member: Membership, actor: Actor, now: datetime, **details: object
) -> None:
    record(
        act=act,
        actor=actor,
        now=now,
        workspace_id=member.workspace_id,
        person_id=member.user_id,
        subject=member.user.email,
        details=details,
    )
