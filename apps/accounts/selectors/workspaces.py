"""Who is looking, and which workspaces they belong to."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from apps.accounts.domain.roles import Power, Role, has_power
from apps.accounts.models import Membership, Workspace
from apps.core.errors import ForbiddenError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who is looking: what every `get_visible_*` asks about a person."""

    user_id: UUID | None = None
    is_staff: bool = False
    workspace_ids: tuple[UUID, ...] = ()
    roles: Mapping[UUID, Role] = field(default_factory=dict, hash=False)


ANONYMOUS = Viewer()


@dataclass(frozen=True, slots=True)
class WorkspaceRow:
    """A workspace as one of its members sees it."""

    id: UUID
    name: str
    is_personal: bool
    role: Role
    created_at: datetime
    deletion_due_at: datetime | None

    def allows(self, power: Power) -> bool:
        """Return whether the member who looks may do something here."""
        return has_power(self.role, power)


def get_viewer(user: AbstractBaseUser | AnonymousUser) -> Viewer:
    """Return the viewer for a request's user; inactive people see as strangers do."""
    if not user.is_authenticated or not user.is_active:
        return ANONYMOUS
    found = Membership.objects.filter(user_id=user.pk).order_by("created_at", "id")
    roles = {
        workspace_id: Role(role)
        for workspace_id, role in found.values_list("workspace_id", "role")
    }
    return Viewer(
        user_id=user.pk,
        is_staff=bool(getattr(user, "is_staff", False)),
        workspace_ids=tuple(roles),
        roles=MappingProxyType(roles),
    )


def get_workspace(
    viewer: Viewer, workspace_id: UUID, *, needs: Power = Power.VIEW
) -> WorkspaceRow:
    """Return a workspace to a member whose role allows `needs`: the one door to it.

    Operators are strangers here like others; what they may do is in the admin.

    Raises:
        ForbiddenError: a member asks whose role does not allow it.
        NotFoundError: a stranger asks, or there is no such workspace.
    """
    member = (
        Membership.objects.select_related("workspace")
        .filter(user_id=viewer.user_id, workspace_id=workspace_id)
        .first()
        if viewer.user_id
        else None
    )
    if member is None:
        raise NotFoundError(f"There is no workspace {workspace_id}.")
    row = _to_row(member)
    if not row.allows(needs):
        raise ForbiddenError(
            f"Your role in {row.name} is {row.role.value}, which does not allow this "
            f"({needs.value}): ask one of its owners."
        )
    return row


def list_workspaces(viewer: Viewer) -> tuple[WorkspaceRow, ...]:
    """Return the workspaces of a person: their own first, then by name."""
    if viewer.user_id is None:
        return ()
    members = Membership.objects.select_related("workspace").filter(
        user_id=viewer.user_id
    )
    rows = [_to_row(member) for member in members]
    return tuple(
        sorted(rows, key=lambda row: (not row.is_personal, row.name.lower(), row.id))
    )


def is_workspace(workspace_id: UUID) -> bool:
    """Return whether there is a workspace of that id."""
    return Workspace.objects.filter(pk=workspace_id).exists()


def _to_row(member: Membership) -> WorkspaceRow:
    workspace = member.workspace
    return WorkspaceRow(
        id=workspace.id,
        name=workspace.name,
        is_personal=workspace.personal_of_id is not None,
        role=Role(member.role),
        created_at=workspace.created_at,
        deletion_due_at=workspace.deletion_due_at,
    )
