"""Reading runs for those who watch them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from channels.db import database_sync_to_async

from apps.benchmarks.selectors.run_state import RunState, read_run_state

if TYPE_CHECKING:
    from uuid import UUID

    from apps.accounts.selectors.workspaces import Viewer


async def read_run(viewer: Viewer, run_id: UUID) -> RunState:
    """Return a run's present state.

    Raises:
        NotFoundError: no such run is visible.
    """
    state: RunState = await database_sync_to_async(read_run_state)(viewer, run_id)
    return state
