"""Holding a workspace still while its members change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.accounts.domain.roles import Power
from apps.accounts.models import Workspace
from apps.accounts.selectors.workspaces import get_workspace
from apps.core.errors import ConflictError, NotFoundError

if TYPE_CHECKING:
    from uuid import UUID

    from apps.accounts.selectors.workspaces import Viewer, WorkspaceRow


def hold_workspace(
    viewer: Viewer, workspace_id: UUID, *, needs: Power = Power.VIEW
) -> WorkspaceRow:
    """Lock a workspace until the transaction ends, and return it as the viewer sees it.

    Whatever changes members does this first, so that such changes come one after the
    other and each sees what the last one left, the viewer's own role included.

    Raises:
        ForbiddenError: the viewer's role does not allow it.
        NotFoundError: the viewer is a stranger, or there is no such workspace.
    """
    get_workspace(viewer, workspace_id, needs=needs)  # strangers hold nothing up
    lock_workspace(workspace_id)
    return get_workspace(viewer, workspace_id, needs=needs)


def lock_workspace(workspace_id: UUID) -> Workspace:
    """Lock a workspace's row against every other change of its members.

    Rows that refer to it can still be added meanwhile.

    Raises:
        NotFoundError: there is no such workspace.
    """
    locked = Workspace.objects.select_for_update(no_key=True).filter(pk=workspace_id)
    found = locked.first()
    if found is None:
        raise NotFoundError(f"There is no workspace {workspace_id}.")
    return found


def require_staying(workspace: WorkspaceRow) -> None:
    """Pass where a workspace is not about to be deleted.

    Raises:
        ConflictError: it is.
    """
    if workspace.deletion_due_at is not None:
        raise ConflictError(
            f"{workspace.name} is to be deleted on "
            f"{workspace.deletion_due_at:%d %B %Y}: nobody can join it."
        )
