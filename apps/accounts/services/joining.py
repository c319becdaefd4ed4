"""Answering an invitation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from apps.accounts.domain.audit import Act
from apps.accounts.domain.invitations import InvitationState, digest_of, is_token
from apps.accounts.domain.roles import Role, may_give
from apps.accounts.models import Invitation, Membership
from apps.accounts.selectors.addresses import list_verified_addresses
from apps.accounts.selectors.invitations import NO_INVITATION, state_of
from apps.accounts.services.audit import record
from apps.accounts.services.invitations import settle
from apps.accounts.services.locks import lock_workspace
from apps.core.errors import ConflictError, ForbiddenError, NotFoundError

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from apps.accounts.domain.audit import Actor
    from apps.accounts.selectors.workspaces import Viewer

MOST_MEMBERS = 500
_ENDS = {
    InvitationState.ACCEPTED: "This invitation was accepted already.",
    InvitationState.DECLINED: "This invitation was declined: ask for another one.",
    InvitationState.REVOKED: "This invitation was taken back: ask for another one.",
    InvitationState.EXPIRED: "This invitation has expired: ask for another one.",
}


@transaction.atomic
def accept_invitation(
    *, viewer: Viewer, token: str, actor: Actor, now: datetime
) -> UUID:
    """Take the place that a link offers, and return the workspace's id.

    Raises:
        ConflictError: it has ended, who sent it may no longer give that role, the
            workspace is full or about to be deleted, or one is a member already.
        ForbiddenError: it was sent to an address that is not, or not yet, one's own.
        NotFoundError: no invitation has this link.
    """
    user_id = _person(viewer)
    invitation = _hold(user_id, token, now)
    workspace = invitation.workspace
    _require_giver(invitation)
    members = Membership.objects.filter(workspace=workspace)
    if workspace.deletion_due_at is not None:
        raise ConflictError(f"{workspace.name} is about to be deleted.")
    if members.filter(user_id=user_id).exists():
        raise ConflictError(f"You are a member of {workspace.name} already.")
    if members.count() >= MOST_MEMBERS:
        raise ConflictError(
            f"{workspace.name} has {MOST_MEMBERS} members, and is full."
        )
    settle(invitation, InvitationState.ACCEPTED, now)
    Membership.objects.create(
        workspace=workspace,
        user_id=user_id,
        role=invitation.role,
        created_at=now,
    )
    _record(Act.MEMBER_JOINED, invitation, user_id, actor, now)
    return workspace.id


@transaction.atomic
def decline_invitation(
    *, viewer: Viewer, token: str, actor: Actor, now: datetime
) -> None:
    """Turn down the place that a link offers.

    Raises:
        ConflictError: it has ended.
        ForbiddenError: it was sent to an address that is not, or not yet, one's own.
        NotFoundError: no invitation has this link.
    """
    user_id = _person(viewer)
    invitation = _hold(user_id, token, now)
    settle(invitation, InvitationState.DECLINED, now)
    _record(Act.INVITATION_DECLINED, invitation, user_id, actor, now)


def _person(viewer: Viewer) -> UUID:
    if viewer.user_id is None:
        raise ForbiddenError("Sign in with the invited address first.")
    return viewer.user_id


def _hold(user_id: UUID, token: str, now: datetime) -> Invitation:
    """Lock the workspace of an open invitation that is a person's to answer."""
    invitation = _find(token)
    lock_workspace(invitation.workspace_id)
    invitation = _find(token)  # as the last one left it who held the workspace
    if invitation.email not in list_verified_addresses(user_id):
        raise ForbiddenError(
            f"This invitation is for {invitation.email}: sign in with that address, "
            "or add it to your account and confirm it."
        )
    state = state_of(invitation, now)
    if state is not InvitationState.OPEN:
        raise ConflictError(_ENDS[state])
    return invitation


def _require_giver(invitation: Invitation) -> None:
    """Refuse what was offered by somebody who may no longer give it."""
    members = Membership.objects.filter(workspace_id=invitation.workspace_id)
    giver = members.filter(user=invitation.invited_by, user__is_active=True).first()
    if giver is None or not may_give(Role(giver.role), Role(invitation.role)):
        raise ConflictError(
            "Whoever sent this invitation may no longer give that role: ask for "
            "another one."
        )


def _find(token: str) -> Invitation:
    found = (
        Invitation.objects.select_related("workspace")
        .filter(digest=digest_of(token))
        .first()
        if is_token(token)
        else None
    )
    if found is None:
        raise NotFoundError(NO_INVITATION)
    return found


def _record(
    act: Act, invitation: Invitation, user_id: UUID, actor: Actor, now: datetime
) -> None:
    record(
        act=act,
        actor=actor,
        now=now,
        workspace_id=invitation.workspace_id,
        person_id=user_id,
        subject=invitation.email,
        details={"role": invitation.role, "invitation": str(invitation.id)},
    )
