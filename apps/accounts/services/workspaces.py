"""Making, renaming and giving up workspaces."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string

from apps.accounts.domain.audit import Act
from apps.accounts.domain.names import clean_name
from apps.accounts.domain.roles import Power, Role
from apps.accounts.models import Membership, User, Workspace
from apps.accounts.services.audit import record
from apps.accounts.services.locks import hold_workspace
from apps.accounts.services.mail import queue_mail
from apps.core.errors import ConflictError, ForbiddenError, InvalidInputError

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from apps.accounts.domain.audit import Actor
    from apps.accounts.selectors.workspaces import Viewer, WorkspaceRow

logger = structlog.get_logger(__name__)

MOST_OWNED = 20  # besides one's own


@transaction.atomic
def create_workspace(*, viewer: Viewer, name: str, actor: Actor, now: datetime) -> UUID:
    """Make a workspace whose owner is the person who asks.

    Raises:
        ConflictError: they own as many as one may.
        ForbiddenError: no person asks.
        InvalidInputError: the name has not the form of one.
    """
    if viewer.user_id is None:
        raise ForbiddenError("Only a person can make a workspace: sign in.")
    # One at a time, or the count would be of no use.
    User.objects.select_for_update(no_key=True).get(pk=viewer.user_id)
    owned = Membership.objects.filter(
        user_id=viewer.user_id, role=Role.OWNER, workspace__personal_of=None
    )
    if owned.count() >= MOST_OWNED:
        raise ConflictError(
            f"You own {MOST_OWNED} workspaces, as many as one may: delete or transfer "
            "one first."
        )
    workspace = Workspace(name=read_name(name), created_at=now)
    workspace.full_clean(exclude=["members"])
    workspace.save(force_insert=True)
    Membership.objects.create(
        workspace=workspace,
        user_id=viewer.user_id,
        role=Role.OWNER,
        created_at=now,
    )
    record(
        act=Act.WORKSPACE_CREATED,
        actor=actor,
        now=now,
        workspace_id=workspace.id,
        subject=workspace.name,
    )
    return workspace.id


@transaction.atomic
def rename_workspace(
    *, viewer: Viewer, workspace_id: UUID, name: str, actor: Actor, now: datetime
) -> None:
    """Give a workspace another name; the same again is nothing.

    Raises:
        ForbiddenError: the role does not allow it.
        InvalidInputError: the name has not the form of one.
        NotFoundError: a stranger asks.
    """
    workspace = hold_workspace(viewer, workspace_id, needs=Power.SETTINGS)
    wanted = read_name(name)
    if wanted == workspace.name:
        return
    Workspace.objects.filter(pk=workspace_id).update(name=wanted)
    record(
        act=Act.WORKSPACE_RENAMED,
        actor=actor,
        now=now,
        workspace_id=workspace_id,
        subject=wanted,
        details={"before": workspace.name},
    )


@transaction.atomic
def ask_deletion(
    *, viewer: Viewer, workspace_id: UUID, actor: Actor, now: datetime
) -> datetime:
    """Have a workspace deleted when the days of grace are over; return when.

    Every owner is told by mail, since any of them may keep it. Asking again changes
    nothing.

    Raises:
        ConflictError: it is somebody's own, which goes with the person.
        ForbiddenError: the role does not allow it.
        NotFoundError: a stranger asks.
    """
    workspace = hold_workspace(viewer, workspace_id, needs=Power.OWN)
    if workspace.is_personal:
        raise ConflictError(
            "Your own workspace goes with your account: delete the account."
        )
    if workspace.deletion_due_at is not None:
        return workspace.deletion_due_at
    due = now + timedelta(days=settings.DELETION_GRACE_DAYS)
    Workspace.objects.filter(pk=workspace_id).update(deletion_due_at=due)
    record(
        act=Act.WORKSPACE_DELETION_ASKED,
        actor=actor,
        now=now,
        workspace_id=workspace_id,
        subject=workspace.name,
        details={"due": due.isoformat()},
    )
    _tell_owners(workspace, actor, due, now)
    return due


@transaction.atomic
def take_back_deletion(
    *, viewer: Viewer, workspace_id: UUID, actor: Actor, now: datetime
) -> None:
    """Keep a workspace that was to be deleted; one that was not stays as it is.

    Raises:
        ForbiddenError: the role does not allow it.
        NotFoundError: a stranger asks.
    """
    workspace = hold_workspace(viewer, workspace_id, needs=Power.OWN)
    kept = Workspace.objects.filter(
        pk=workspace_id, deletion_due_at__isnull=False
    ).update(deletion_due_at=None)
    if kept:
        record(
            act=Act.WORKSPACE_DELETION_TAKEN_BACK,
            actor=actor,
            now=now,
            workspace_id=workspace_id,
            subject=workspace.name,
        )


def _tell_owners(
    workspace: WorkspaceRow, actor: Actor, due: datetime, now: datetime
) -> None:
    owners = Membership.objects.filter(
        workspace_id=workspace.id, role=Role.OWNER, user__is_active=True
    )
    context = {"workspace": workspace.name, "asked_by": actor.label, "due": due}
    text = render_to_string("mail/workspace_deletion_asked.txt", context)
    subject = f"The workspace {workspace.name} is to be deleted"
    for email in owners.order_by("id").values_list("user__email", flat=True):
        queue_mail(to=email, subject=subject, text=text, now=now)


def read_name(text: str) -> str:
    """Return a workspace's name as it is stored.

    Raises:
        InvalidInputError: it has not the form of one.
    """
    try:
        return clean_name(text)
    except ValueError as error:
        raise InvalidInputError(f"name: {error}") from error
