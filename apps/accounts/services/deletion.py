"""A person's account: to be deleted, kept after all, or gone."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string

from apps.accounts.domain.audit import SYSTEM, Act
from apps.accounts.models import User, Workspace
from apps.accounts.registry import Subject
from apps.accounts.selectors.billing import has_open_subscription
from apps.accounts.selectors.deletion import list_alone_owned
from apps.accounts.selectors.people import personal_workspace_id
from apps.accounts.services.audit import record
from apps.accounts.services.erasure import erase_subject
from apps.accounts.services.invitations import revoke_invitations_of
from apps.accounts.services.keys import revoke_all_keys, revoke_keys_made_by
from apps.accounts.services.mail import queue_mail
from apps.core.errors import ConflictError

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from apps.accounts.domain.audit import Actor

ASKED = "Your account at Assay is to be deleted"
KEPT = "Your account at Assay stays"
GONE = "Your account at Assay is deleted"
_MOST_PROBLEM = 300


@transaction.atomic
def ask_account_deletion(*, user_id: UUID, actor: Actor, now: datetime) -> datetime:
    """Have a person's account deleted when the days of grace are over; return when.

    Asking again changes nothing.

    Raises:
        ConflictError: a workspace would have no owner, or the person is staff.
    """
    user = User.objects.select_for_update(no_key=True).get(pk=user_id)
    if user.deletion_due_at is not None:
        return user.deletion_due_at
    due = now + timedelta(days=settings.DELETION_GRACE_DAYS)
    if user.is_staff:
        raise ConflictError(
            "You are staff here: have another operator end that first, in the admin."
        )
    require_replaceable(user_id=user_id, now=due)
    user.deletion_due_at = due
    user.save(update_fields=["deletion_due_at"])
    _record(Act.DELETION_ASKED, user, actor, now, due=due.isoformat())
    _mail(user, ASKED, "deletion_asked", now, due=due)
    return due


@transaction.atomic
def keep_account(*, user_id: UUID, actor: Actor, now: datetime) -> bool:
    """Keep an account that was to be deleted; return whether it was."""
    user = User.objects.select_for_update(no_key=True).get(pk=user_id)
    if user.deletion_due_at is None:
        return False
    user.deletion_due_at, user.deletion_problem = None, ""
    user.save(update_fields=["deletion_due_at", "deletion_problem"])
    _record(Act.DELETION_TAKEN_BACK, user, actor, now)
    _mail(user, KEPT, "deletion_taken_back", now)
    return True


def note_deletion_problem(*, user_id: UUID, problem: str) -> None:
    """Keep why an account that is due is still there."""
    User.objects.filter(pk=user_id).update(deletion_problem=problem[:_MOST_PROBLEM])


@transaction.atomic
def erase_person_if_due(*, user_id: UUID, now: datetime) -> bool:
    """Erase a person and their own workspace, unless that was taken back.

    What has to stay, such as the audit log and shared workspaces' runs, stays without
    anything that tells who they were.

    Raises:
        ConflictError: a workspace would have no owner.
    """
    user = (
        User.objects.select_for_update(skip_locked=True)
        .filter(pk=user_id, deletion_due_at__lte=now)
        .first()
    )
    if user is None:
        return False
    require_replaceable(user_id=user_id, now=now)
    email, workspace_id = user.email, personal_workspace_id(user_id)
    if workspace_id is not None:
        _require_unpaid(workspace_id)
        revoke_all_keys(workspace_id=workspace_id, actor=SYSTEM, now=now)
    revoke_keys_made_by(user_id=user_id, actor=SYSTEM, now=now)
    revoke_invitations_of(user_id=user_id, actor=SYSTEM, now=now)
    # First what looks for the person, then what they have.
    erased = erase_subject(Subject(user_id=user_id), now)
    if workspace_id is not None:
        for app, count in erase_subject(
            Subject(workspace_id=workspace_id), now
        ).items():
            erased[app] += count
        Workspace.objects.get(pk=workspace_id).delete()
    user.delete()
    record(act=Act.PERSON_ERASED, actor=SYSTEM, now=now, details={"erased": erased})
    queue_mail(to=email, subject=GONE, text=_write("deletion_done"), now=now)
    return True


def _require_unpaid(workspace_id: UUID) -> None:
    # The mirror would go, and the biller go on: `end_all` has been here before.
    if has_open_subscription(workspace_id):
        raise ConflictError("A subscription of your own workspace has not ended yet.")


def require_replaceable(*, user_id: UUID, now: datetime) -> None:
    """Pass where no shared workspace would be left without an owner at `now`.

    Raises:
        ConflictError: one would.
    """
    alone = list_alone_owned(user_id, now)
    if alone:
        raise ConflictError(
            f"You are the only owner of {', '.join(alone)}: make another member the "
            "owner, or delete the workspace first."
        )


def _record(act: Act, user: User, actor: Actor, now: datetime, **details: str) -> None:
    record(
        act=act,
        actor=actor,
        now=now,
        workspace_id=personal_workspace_id(user.pk),
        person_id=user.pk,
        details=details,
    )


def _mail(user: User, subject: str, name: str, now: datetime, **more: object) -> None:
    queue_mail(to=user.email, subject=subject, text=_write(name, **more), now=now)


def _write(name: str, **context: object) -> str:
    return render_to_string(f"mail/{name}.txt", context)
