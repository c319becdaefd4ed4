"""Who is looking, and which workspaces they belong to."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from apps.accounts.domain.roles import Power, Role, has_power
from apps.accounts.models import Membership, Workspace
from apps.accounts.selectors.entitlements import list_memberships
from apps.core.errors import ForbiddenError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime
    from uuid import UUID

    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser

    from apps.accounts.domain.tiers import Entitlement


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who is looking: what every `get_visible_*` asks about a person.

    An API key looks as itself and not as whoever made it: it has a `key_id` in place of
    a `user_id`, and one workspace. `granted` is what the workspaces have at the moment
    of looking; where nothing is said of one, it has nothing.
    """

    user_id: UUID | None = None
    is_staff: bool = False
    workspace_ids: tuple[UUID, ...] = ()
    roles: Mapping[UUID, Role] = field(default_factory=dict, hash=False)
    key_id: UUID | None = None
    granted: Mapping[UUID, frozenset[Entitlement]] = field(
        default_factory=dict, hash=False
    )

    def workspaces_with(self, wanted: Entitlement) -> tuple[UUID, ...]:
        """Return the workspaces of the viewer that are entitled to something."""
        return tuple(
            one for one in self.workspace_ids if wanted in self.granted.get(one, ())
        )


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


def get_viewer(user: AbstractBaseUser | AnonymousUser, now: datetime) -> Viewer:
    """Return the viewer for a request's user; inactive people see as strangers do."""
    if not user.is_authenticated or not user.is_active:
        return ANONYMOUS
    found = list_memberships(user.pk, now)
    roles = {workspace_id: Role(role) for workspace_id, role, _ in found}
    granted = {workspace_id: given for workspace_id, _, given in found}
    return Viewer(
        user_id=user.pk,
        is_staff=bool(getattr(user, "is_staff", False)),
        workspace_ids=tuple(roles),
        roles=MappingProxyType(roles),
        granted=MappingProxyType(granted),
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
    rows = _rows(viewer, workspace_id=workspace_id)
    row = next((row for row in rows if row.id == workspace_id), None)
    if row is None:
        raise NotFoundError(f"There is no workspace {workspace_id}.")
    if not row.allows(needs):
        raise ForbiddenError(
            f"Your role in {row.name} is {row.role.value}, which does not allow this "
            f"({needs.value}): ask one of its owners."
        )
    return row


def list_workspaces(viewer: Viewer) -> tuple[WorkspaceRow, ...]:
    """Return the workspaces of a person, their own first, then by name; or a key's."""
    rows = _rows(viewer)
    return tuple(
        sorted(rows, key=lambda row: (not row.is_personal, row.name.lower(), row.id))
    )


def is_workspace(workspace_id: UUID) -> bool:
    """Return whether there is a workspace of that id."""
    return Workspace.objects.filter(pk=workspace_id).exists()


def list_neighbours(workspace_ids: Collection[UUID]) -> dict[UUID, frozenset[UUID]]:
    """Return for each workspace those with a member of its own, itself included."""
    own = Membership.objects.filter(workspace_id__in=list(workspace_ids))
    people: dict[UUID, set[UUID]] = {}
    for user_id, workspace_id in own.values_list("user_id", "workspace_id"):
        people.setdefault(user_id, set()).add(workspace_id)
    found = {one: {one} for one in workspace_ids}
    theirs = Membership.objects.filter(user_id__in=list(people))
    for user_id, workspace_id in theirs.values_list("user_id", "workspace_id"):
        for one in people[user_id]:
            found[one].add(workspace_id)
    return {one: frozenset(others) for one, others in found.items()}


def list_due_workspaces(now: datetime) -> tuple[UUID, ...]:
    """Return the workspaces whose days of grace are over."""
    due = Workspace.objects.filter(deletion_due_at__lte=now, personal_of=None)
    return tuple(due.order_by("deletion_due_at").values_list("id", flat=True))


def _rows(viewer: Viewer, **only: UUID) -> list[WorkspaceRow]:
    if viewer.key_id is not None:
        owners = Workspace.objects.filter(pk__in=viewer.roles)
        return [_to_row(owner, viewer.roles[owner.id]) for owner in owners]
    if viewer.user_id is None:
        return []
    members = Membership.objects.select_related("workspace").filter(
        user_id=viewer.user_id, **only
    )
    return [_to_row(member.workspace, Role(member.role)) for member in members]


def _to_row(workspace: Workspace, role: Role) -> WorkspaceRow:
    return WorkspaceRow(
        id=workspace.id,
        name=workspace.name,
        is_personal=workspace.personal_of_id is not None,
        role=role,
        created_at=workspace.created_at,
        deletion_due_at=workspace.deletion_due_at,
    )
