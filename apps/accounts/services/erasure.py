"""Deleting what was asked to be deleted, when its days of grace are over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from apps.accounts.domain.audit import SYSTEM, Act
from apps.accounts.models import Workspace
from apps.accounts.registry import Subject, erasers
from apps.accounts.selectors.billing import has_open_subscription
from apps.accounts.services.audit import record
from apps.accounts.services.keys import revoke_all_keys

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID


@transaction.atomic
def delete_workspace_if_due(*, workspace_id: UUID, now: datetime) -> bool:
    """Delete a workspace with all that belongs to it, unless that was taken back."""
    workspace = (
        Workspace.objects.select_for_update(skip_locked=True)
        .filter(pk=workspace_id, deletion_due_at__lte=now, personal_of=None)
        .first()
    )
    # Nobody must go on paying for what is gone: a job of billing ends that first.
    if workspace is None or has_open_subscription(workspace_id):
        return False
    name = workspace.name
    revoke_all_keys(workspace_id=workspace_id, actor=SYSTEM, now=now)
    erased = erase_subject(Subject(workspace_id=workspace_id), now)
    workspace.delete()
    record(
        act=Act.WORKSPACE_DELETED,
        actor=SYSTEM,
        now=now,
        workspace_id=workspace_id,
        subject=name,
        details={"erased": erased},
    )
    return True


def erase_subject(subject: Subject, now: datetime) -> dict[str, int]:
    """Run every app's eraser and return how many rows each one removed or blanked.

    Must run in the transaction that deletes the subject.
    """
    return {name: erase(subject, now) for name, erase in erasers()}
