"""Who belongs to a workspace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from apps.accounts.domain.roles import Power, Role, has_power, may_give
from apps.accounts.models import Membership
from apps.accounts.selectors.workspaces import get_workspace
from apps.core.errors import NotFoundError

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from apps.accounts.selectors.workspaces import Viewer, WorkspaceRow


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A member as another one sees them.

    `is_you` marks whoever looks; `is_changeable` says whether they may change its role
    or remove it.
    """

    id: UUID
    email: str
    name: str
    role: Role
    joined_at: datetime
    is_you: bool
    is_changeable: bool


def list_members(viewer: Viewer, workspace_id: UUID) -> tuple[MemberRow, ...]:
    """Return the members of a workspace, the mightiest first, then by address.

    Raises:
        NotFoundError: a stranger asks.
    """
    workspace = get_workspace(viewer, workspace_id)
    members = Membership.objects.select_related("user").filter(
        workspace_id=workspace_id
    )
    ranks = list(Role)
    rows = [_to_row(member, workspace, viewer) for member in members]
    return tuple(sorted(rows, key=lambda row: (ranks.index(row.role), row.email)))


def get_visible_member(
    viewer: Viewer, workspace_id: UUID, member_id: UUID, *, needs: Power = Power.VIEW
) -> MemberRow:
    """Return one member of a workspace.

    Raises:
        ForbiddenError: the role of whoever asks does not allow it.
        NotFoundError: a stranger asks, or the workspace has no such member.
    """
    workspace = get_workspace(viewer, workspace_id, needs=needs)
    found = (
        Membership.objects.select_related("user")
        .filter(pk=member_id, workspace_id=workspace_id)
        .first()
    )
    if found is None:
        raise NotFoundError(f"{workspace.name} has no member {member_id}.")
    return _to_row(found, workspace, viewer)


def _to_row(member: Membership, workspace: WorkspaceRow, viewer: Viewer) -> MemberRow:
    role = Role(member.role)
    within_reach = has_power(workspace.role, Power.OWN) or (
        role is not Role.OWNER and may_give(workspace.role, role)
    )
    # The owner of their own workspace stays that.
    fixed = workspace.is_personal and role is Role.OWNER
    return MemberRow(
        id=member.id,
        email=member.user.email,
        name=member.user.name,
        role=role,
        joined_at=member.created_at,
        is_you=member.user_id == viewer.user_id,
        is_changeable=within_reach and not fixed,
    )
