"""Invitations, as members and as the invited see them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from apps.accounts.domain.invitations import InvitationState, digest_of, is_token
from apps.accounts.domain.roles import Power, Role, may_give
from apps.accounts.models import Invitation
from apps.accounts.selectors.addresses import list_verified_addresses
from apps.accounts.selectors.workspaces import get_workspace
from apps.core.errors import NotFoundError

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from apps.accounts.selectors.workspaces import Viewer, WorkspaceRow

NO_INVITATION = (
    "This invitation does not exist. Open the link of the newest mail, whole, or ask "
    "for another invitation."
)


@dataclass(frozen=True, slots=True)
class InvitationRow:
    """An open invitation as those see it who may invite."""

    id: UUID
    email: str
    role: Role
    invited_by: str
    created_at: datetime
    sent_at: datetime
    expires_at: datetime
    is_expired: bool
    is_changeable: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """An invitation as whoever has its link sees it.

    `is_yours` says whether it was sent to an address that the viewer has shown to be
    theirs; `is_member` whether they are in the workspace already.
    """

    workspace_id: UUID
    workspace: str
    email: str
    role: Role
    invited_by: str
    expires_at: datetime
    state: InvitationState
    is_yours: bool
    is_member: bool


def list_invitations(
    viewer: Viewer, workspace_id: UUID, *, now: datetime
) -> tuple[InvitationRow, ...]:
    """Return the invitations that nobody has answered, the newest first.

    Raises:
        ForbiddenError: the role of whoever asks does not allow it.
        NotFoundError: a stranger asks.
    """
    workspace = get_workspace(viewer, workspace_id, needs=Power.MEMBERS)
    found = Invitation.objects.select_related("invited_by").filter(
        workspace_id=workspace_id, state=InvitationState.OPEN
    )
    return tuple(_to_row(one, workspace, now) for one in found)


def get_visible_invitation(
    viewer: Viewer, workspace_id: UUID, invitation_id: UUID, *, now: datetime
) -> InvitationRow:
    """Return one open invitation.

    Raises:
        ForbiddenError: the role of whoever asks does not allow it.
        NotFoundError: a stranger asks, or it is not open or not of this workspace.
    """
    rows = list_invitations(viewer, workspace_id, now=now)
    for row in rows:
        if row.id == invitation_id:
            return row
    raise NotFoundError(f"There is no open invitation {invitation_id}.")


def get_offer(viewer: Viewer, token: str, *, now: datetime) -> Offer:
    """Return what a link offers, to whoever has it.

    Raises:
        NotFoundError: no invitation has this link.
    """
    found = (
        Invitation.objects.select_related("workspace", "invited_by")
        .filter(digest=digest_of(token))
        .first()
        if is_token(token)
        else None
    )
    if found is None:
        raise NotFoundError(NO_INVITATION)
    return Offer(
        workspace_id=found.workspace_id,
        workspace=found.workspace.name,
        email=found.email,
        role=Role(found.role),
        invited_by=_label(found),
        expires_at=found.expires_at,
        state=state_of(found, now),
        is_yours=_is_for(found, viewer),
        is_member=found.workspace_id in viewer.workspace_ids,
    )


def state_of(invitation: Invitation, now: datetime) -> InvitationState:
    """Return what has become of an invitation by now."""
    state = InvitationState(invitation.state)
    if state is InvitationState.OPEN and invitation.expires_at <= now:
        return InvitationState.EXPIRED
    return state


def _is_for(invitation: Invitation, viewer: Viewer) -> bool:
    if viewer.user_id is None:
        return False
    return invitation.email in list_verified_addresses(viewer.user_id)


def _to_row(
    invitation: Invitation, workspace: WorkspaceRow, now: datetime
) -> InvitationRow:
    return InvitationRow(
        id=invitation.id,
        email=invitation.email,
        role=Role(invitation.role),
        invited_by=_label(invitation),
        created_at=invitation.created_at,
        sent_at=invitation.sent_at,
        expires_at=invitation.expires_at,
        is_expired=invitation.expires_at <= now,
        is_changeable=may_give(workspace.role, Role(invitation.role)),
    )


def _label(invitation: Invitation) -> str:
    inviter = invitation.invited_by
    if inviter is None:
        return ""
    return f"{inviter.name} ({inviter.email})" if inviter.name else inviter.email
