"""Erasing the people whose days of grace are over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from apps.accounts.pipelines.billing import end_all
from apps.accounts.selectors.deletion import list_due_people
from apps.accounts.selectors.people import personal_workspace_id
from apps.accounts.services.deletion import (
    erase_person_if_due,
    note_deletion_problem,
    require_replaceable,
)
from apps.core.errors import AppError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from uuid import UUID

    Clock = Callable[[], datetime]

logger = structlog.get_logger(__name__)

FAULT = "A part of Assay failed; the log says which."


def erase_due_people(*, clock: Clock) -> int:
    """Erase everybody who is due, one after the other; return how many.

    Subscriptions are ended at the biller first: nobody pays for what is gone. One who
    cannot be erased is left whole, with the reason, and tried again the next time.
    """
    return sum(_try(user_id, clock) for user_id in list_due_people(clock()))


def _try(user_id: UUID, clock: Clock) -> bool:
    try:
        # The list was read before others were erased: this one may stay after all.
        if user_id not in list_due_people(clock()):
            return False
        require_replaceable(user_id=user_id, now=clock())
        workspace_id = personal_workspace_id(user_id)
        if workspace_id is not None:
            end_all(workspace_id=workspace_id, clock=clock)
        return erase_person_if_due(user_id=user_id, now=clock())
    except AppError as error:
        logger.warning("person_not_erased", person=str(user_id), error=str(error))
        note_deletion_problem(user_id=user_id, problem=str(error))
    except Exception:  # of any app's eraser: the others go all the same
        logger.exception("person_not_erased", person=str(user_id))
        note_deletion_problem(user_id=user_id, problem=FAULT)
    return False
