"""Inviting people to a workspace, by mail."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Sum

from apps.accounts.domain.audit import Act
from apps.accounts.domain.invitations import (
    DAY,
    LIFETIME,
    MOST_LETTERS_A_DAY,
    MOST_LETTERS_TO_ONE,
    MOST_OPEN,
    PAUSE,
    TOKEN_BYTES,
    InvitationState,
    digest_of,
)
from apps.accounts.domain.names import clean_address
from apps.accounts.domain.roles import Power, Role, may_give
from apps.accounts.models import ApiKey, Invitation, Membership
from apps.accounts.services.audit import record
from apps.accounts.services.invitation_mail import mail_invitation
from apps.accounts.services.locks import hold_workspace, require_staying
from apps.core.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from uuid import UUID

    from apps.accounts.domain.audit import Actor
    from apps.accounts.selectors.workspaces import Viewer, WorkspaceRow

    # Makes the address of the page that a token opens.
    Link = Callable[[str], str]


@transaction.atomic
def invite(
    *,
    viewer: Viewer,
    workspace_id: UUID,
    email: str,
    role: Role,
    link: Link,
    actor: Actor,
    now: datetime,
) -> UUID:
    """Offer a place in a workspace to whoever reads the mail of an address.

    Raises:
        ConflictError: they are a member or invited already, or there are too many.
        ForbiddenError: the role of whoever asks does not reach so far.
        InvalidInputError: it is no address.
        NotFoundError: a stranger asks.
    """
    workspace = hold_workspace(viewer, workspace_id, needs=Power.MEMBERS)
    address = _read_address(email)
    require_staying(workspace)
    _require_giving(workspace, role)
    _expire(workspace_id, address, now)
    _require_place(workspace, address)
    _require_calm(workspace_id, address, now)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    invitation = Invitation(
        workspace_id=workspace_id,
        email=address,
        role=role.value,
        digest=digest_of(token),
        invited_by_id=_voucher(viewer),
        created_at=now,
        sent_at=now,
        expires_at=now + LIFETIME,
    )
    invitation.full_clean(validate_constraints=False)
    invitation.save(force_insert=True)
    _send(Act.MEMBER_INVITED, invitation, workspace, link(token), actor, now)
    return invitation.id


@transaction.atomic
def resend_invitation(
    *,
    viewer: Viewer,
    workspace_id: UUID,
    invitation_id: UUID,
    link: Link,
    actor: Actor,
    now: datetime,
) -> None:
    """Send an invitation again with a new link; the old one opens nothing any more.

    One that has expired holds anew.

    Raises:
        ConflictError: it was sent a moment ago, or there were too many today.
        ForbiddenError: the role of whoever asks does not reach so far.
        NotFoundError: a stranger asks, or it is not open or not of this workspace.
    """
    workspace = hold_workspace(viewer, workspace_id, needs=Power.MEMBERS)
    invitation = _get_open(workspace, invitation_id)
    require_staying(workspace)
    _require_giving(workspace, Role(invitation.role))
    if now - invitation.sent_at < PAUSE:
        raise ConflictError("It was sent a moment ago: wait a minute.")
    _require_calm(workspace_id, invitation.email, now)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    invitation.digest = digest_of(token)
    invitation.sent_at, invitation.expires_at = now, now + LIFETIME
    invitation.sent_count += 1
    invitation.save(update_fields=["digest", "sent_at", "expires_at", "sent_count"])
    _send(Act.MEMBER_INVITED_AGAIN, invitation, workspace, link(token), actor, now)


@transaction.atomic
def revoke_invitation(
    *,
    viewer: Viewer,
    workspace_id: UUID,
    invitation_id: UUID,
    actor: Actor,
    now: datetime,
) -> None:
    """Take an invitation back: its link opens nothing any more.

    Raises:
        ForbiddenError: the role of whoever asks does not reach so far.
        NotFoundError: a stranger asks, or it is not open or not of this workspace.
    """
    workspace = hold_workspace(viewer, workspace_id, needs=Power.MEMBERS)
    invitation = _get_open(workspace, invitation_id)
    _require_giving(workspace, Role(invitation.role))
    settle(invitation, InvitationState.REVOKED, now)
    _record(Act.INVITATION_REVOKED, invitation, actor, now)


@transaction.atomic
def revoke_invitations_of(
    *,
    user_id: UUID,
    actor: Actor,
    now: datetime,
    workspace_id: UUID | None = None,
    role: Role | None = None,
) -> int:
    """Take back what a person offered and may no longer give; return how many.

    `role` is what they are from now on, None where they go. Without a workspace it is
    what they offered anywhere. Theirs is also what their keys offered.
    """
    offered = Invitation.objects.filter(
        invited_by_id=user_id, state=InvitationState.OPEN
    )
    if workspace_id is not None:
        offered = offered.filter(workspace_id=workspace_id)
    beyond = [
        one for one in offered if role is None or not may_give(role, Role(one.role))
    ]
    for invitation in beyond:
        settle(invitation, InvitationState.REVOKED, now)
        _record(Act.INVITATION_REVOKED, invitation, actor, now)
    return len(beyond)


def settle(invitation: Invitation, state: InvitationState, now: datetime) -> None:
    """End an open invitation, once.

    Raises:
        ConflictError: it has ended meanwhile.
    """
    ended = Invitation.objects.filter(pk=invitation.pk, state=InvitationState.OPEN)
    if not ended.update(state=state, settled_at=now):
        raise ConflictError("This invitation has been answered or taken back already.")


def _voucher(viewer: Viewer) -> UUID | None:
    """Return who answers for an invitation: of a key, whoever made it."""
    if viewer.key_id is None:
        return viewer.user_id
    made = ApiKey.objects.filter(pk=viewer.key_id)
    return made.values_list("created_by_id", flat=True).first()


def _read_address(email: str) -> str:
    try:
        return clean_address(email)
    except ValueError as error:
        raise InvalidInputError(f"email: {error}") from error


def _require_giving(workspace: WorkspaceRow, role: Role) -> None:
    if not may_give(workspace.role, role):
        raise ForbiddenError(
            f"Your role in {workspace.name} is {workspace.role.value}: you cannot "
            f"make somebody {role.value}."
        )
    if workspace.is_personal and role is Role.OWNER:
        raise ConflictError("A workspace of one's own has one owner for good.")


def _expire(workspace_id: UUID, address: str, now: datetime) -> None:
    """Make room for a new invitation where the last one has expired."""
    Invitation.objects.filter(
        workspace_id=workspace_id,
        email=address,
        state=InvitationState.OPEN,
        expires_at__lte=now,
    ).update(state=InvitationState.EXPIRED, settled_at=now)


def _require_place(workspace: WorkspaceRow, address: str) -> None:
    members = Membership.objects.filter(workspace_id=workspace.id)
    if members.filter(user__email__iexact=address).exists():
        raise ConflictError(f"{address} is a member already.")
    opened = Invitation.objects.filter(
        workspace_id=workspace.id, state=InvitationState.OPEN
    )
    if opened.filter(email=address).exists():
        raise ConflictError(f"{address} is invited already: send it again instead.")
    if opened.count() >= MOST_OPEN:
        raise ConflictError(
            f"A workspace has {MOST_OPEN} open invitations at most: revoke some first."
        )


def _require_calm(workspace_id: UUID, address: str, now: datetime) -> None:
    """Bound what one workspace sends, and what one address gets, in a day."""
    today = Invitation.objects.filter(sent_at__gt=now - DAY)
    sent = today.filter(workspace_id=workspace_id).aggregate(n=Sum("sent_count"))["n"]
    if (sent or 0) >= MOST_LETTERS_A_DAY:
        raise ConflictError(
            f"A workspace sends {MOST_LETTERS_A_DAY} invitations a day at most."
        )
    got = today.filter(email=address).aggregate(n=Sum("sent_count"))["n"]
    if (got or 0) >= MOST_LETTERS_TO_ONE:
        raise ConflictError(f"{address} has had enough invitations for today.")


def _get_open(workspace: WorkspaceRow, invitation_id: UUID) -> Invitation:
    found = Invitation.objects.filter(
        pk=invitation_id, workspace_id=workspace.id, state=InvitationState.OPEN
    ).first()
    if found is None:
        raise NotFoundError(f"There is no open invitation {invitation_id}.")
    return found


def _send(
    act: Act,
    invitation: Invitation,
    workspace: WorkspaceRow,
    link: str,
    actor: Actor,
    now: datetime,
) -> None:
    mail_invitation(
        to=invitation.email,
        workspace=workspace.name,
        inviter=actor.label,
        role=Role(invitation.role),
        link=link,
        expires_at=invitation.expires_at,
        now=now,
    )
    _record(act, invitation, actor, now)


def _record(act: Act, invitation: Invitation, actor: Actor, now: datetime) -> None:
    record(
        act=act,
        actor=actor,
        now=now,
        workspace_id=invitation.workspace_id,
        subject=invitation.email,
        details={"role": invitation.role, "invitation": str(invitation.id)},
    )
