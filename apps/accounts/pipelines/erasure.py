"""Deleting the workspaces whose days of grace are over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from apps.accounts.pipelines.billing import end_all
from apps.accounts.selectors.workspaces import list_due_workspaces
from apps.accounts.services.erasure import delete_workspace_if_due

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from uuid import UUID

    Clock = Callable[[], datetime]

logger = structlog.get_logger(__name__)


def delete_due_workspaces(*, clock: Clock) -> int:
    """Delete every workspace that is due, one after the other; return how many.

    Its subscriptions are ended at the biller first: nobody pays for what is gone. One
    that fails is left whole, logged, and tried again the next time.
    """
    return sum(
        _try(workspace_id, clock) for workspace_id in list_due_workspaces(clock())
    )


def _try(workspace_id: UUID, clock: Clock) -> bool:
    try:
        # The list was read before others were ended: this one may have been kept.
        if workspace_id not in list_due_workspaces(clock()):
            return False
        end_all(workspace_id=workspace_id, clock=clock)
        return delete_workspace_if_due(workspace_id=workspace_id, now=clock())
    except Exception:  # of any app's eraser: the others' workspaces go all the same
        logger.exception("workspace_not_deleted", workspace=str(workspace_id))
        return False
