"""The WebSockets that say what moved on the bench of markets."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from channels.db import database_sync_to_async
from django.core.serializers.json import DjangoJSONEncoder

from apps.accounts.consumers.live import HintedSocket, LiveSocket
from apps.core.hub import Frame
from apps.predictions.domain import topics
from apps.predictions.selectors.jobs import get_last_job
from apps.predictions.selectors.revisions import (
    PredictionState,
    read_board_revision,
    read_experiment_revision,
    read_prediction_state,
)
from apps.predictions.services.live import describe_hour

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
        return Frame(topics.HOURS, json.dumps(told, cls=DjangoJSONEncoder))


class BoardSocket(LiveSocket):
    """That scores were computed; what they are, the page asks as whoever looks."""

    async def read_first(self, viewer: Viewer, scope: Scope) -> Frame:
        """Return the revision of all boards together."""
        del viewer, scope
        revision = await database_sync_to_async(read_board_revision)()
        return Frame(topics.SCORES, json.dumps({"revision": revision}))


class PredictionSocket(HintedSocket):
    """Where one prediction stands: looked at, paused, resumed, settled."""

    async def find_topics(self, viewer: Viewer, scope: Scope) -> tuple[str, ...]:
        """Return what happens to it alone, to its experiment and to all."""
        state = await self._read(viewer, scope)
        own = topics.prediction(scope["url_route"]["kwargs"]["prediction_id"])
        return (own, topics.looks_of(state.experiment_id), topics.LOOKS)

    async def read_first(self, viewer: Viewer, scope: Scope) -> Frame:
        """Return where it stands."""
        state = await self._read(viewer, scope)
        told = {"revision": state.revision, "summary": state.words}
        own = topics.prediction(scope["url_route"]["kwargs"]["prediction_id"])
        return Frame(own, json.dumps(told))

    async def _read(self, viewer: Viewer, scope: Scope) -> PredictionState:
        prediction_id = scope["url_route"]["kwargs"]["prediction_id"]
        read = database_sync_to_async(read_prediction_state)
        state: PredictionState = await read(viewer, prediction_id)
        return state


class ExperimentSocket(HintedSocket):
    """That an experiment has new predictions or scores."""

    async def find_topics(self, viewer: Viewer, scope: Scope) -> tuple[str, ...]:
        """Return what is added to it, and that scores were computed."""
        return ((await self.read_first(viewer, scope)).topic, topics.SCORES)

    async def read_first(self, viewer: Viewer, scope: Scope) -> Frame:
        """Return its revision."""
        experiment_id = scope["url_route"]["kwargs"]["experiment_id"]
        read = database_sync_to_async(read_experiment_revision)
        revision: str = await read(viewer, experiment_id)
        return Frame(
            topics.experiment(experiment_id), json.dumps({"revision": revision})
        )
