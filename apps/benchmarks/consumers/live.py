"""WebSockets that say how far a run is, and that a leaderboard moved."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from channels.db import database_sync_to_async
from django.utils import timezone

from apps.accounts.consumers.live import LiveSocket
from apps.benchmarks.consumers.runs import read_run
from apps.benchmarks.selectors.leaderboard import get_board_revision
from apps.core.hub import Frame

if TYPE_CHECKING:
    from apps.accounts.consumers.connections import Scope
    from apps.accounts.selectors.workspaces import Viewer


class RunSocket(LiveSocket):
    """Progress of one run."""

    async def read_first(self, viewer: Viewer, scope: Scope) -> Frame:
        """Return the run's state."""
        run_id = scope["url_route"]["kwargs"]["run_id"]
        return Frame(f"run:{run_id}", (await read_run(viewer, run_id)).data)


class LeaderboardSocket(LiveSocket):
    """Movements of one suite's leaderboard."""

    async def read_first(self, viewer: Viewer, scope: Scope) -> Frame:
        """Return the leaderboard's revision."""
        slug = scope["url_route"]["kwargs"]["slug"]
        read = database_sync_to_async(get_board_revision)
        revision: int = await read(viewer, slug, now=timezone.now())
        return Frame(f"leaderboard:{slug}", json.dumps({"revision": revision}))
