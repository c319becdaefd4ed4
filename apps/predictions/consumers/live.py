"""The WebSocket that says how the newest hour went."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from channels.db import database_sync_to_async
from django.core.serializers.json import DjangoJSONEncoder

from apps.accounts.consumers.live import LiveSocket
from apps.core.hub import Frame
from apps.predictions.selectors.jobs import get_last_job
from apps.predictions.services.live import TOPIC, describe_hour

if TYPE_CHECKING:
    from apps.accounts.consumers.connections import Scope
    from apps.accounts.selectors.workspaces import Viewer


class MonitorSocket(LiveSocket):
    """The job of each hour, as it ends: counts, which everybody sees."""

    async def read_first(self, viewer: Viewer, scope: Scope) -> Frame:
        """Return the newest hour."""
        del viewer, scope
        job = await database_sync_to_async(get_last_job)()
        # Before the first hour there is a revision all the same: the page shows it.
        told = {"revision": ""} if job is None else describe_hour(job)
        return Frame(TOPIC, json.dumps(told, cls=DjangoJSONEncoder))
