"""Beginning, finishing and taking back backtests.

One that is played stays unfinished until its end: nobody sees it, and no score, count
or board has it. Whoever plays it holds the turn of its name, so that what a killed
process has left is told from what is played now.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from django.db import transaction

from apps.core.errors import ConflictError
from apps.core.turns import hold_turn
from apps.markets.services.tapes import remove_tape, store_tape
from apps.markets.services.venues import switch_off
from apps.predictions.domain.words import ExperimentKind
from apps.predictions.models import Experiment
from apps.predictions.services.experiments import create_experiment
from apps.predictions.services.own_erasure import remove_experiment
from apps.predictions.services.scores import recompute_scores

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from apps.markets.domain.tape import Recording

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Begun:
    """A backtest that is played: its experiment, and its venue."""

    experiment_id: UUID
    venue_id: UUID
    name: str


def turn_of(name: str) -> str:
    """Return the name of the turn that whoever plays a backtest holds."""
    return f"backtest:{name}"


@transaction.atomic
def begin_backtest(
    *,
    name: str,
    recording: Recording,
    file_name: str,
    assumed: Mapping[str, str],
    now: datetime,
) -> Begun:
    """Make the experiment, and its venue: at rest, so that nothing else plays it.

    What was `assumed` of the tape is kept with the experiment.

    Raises:
        ConflictError: an experiment or a venue has the name.
        InvalidInputError: it is no name.
    """
    experiment = create_experiment(
        workspace_id=None,
        name=name,
        kind=ExperimentKind.SUBMITTED,
        now=now,
        method="backtest",
        parameters={"tape": file_name, **assumed},
        is_backtest=True,
        is_unfinished=True,
    )
    venue_id = store_tape(
        venue=name,
        recording=recording,
        file_name=file_name,
        speed=1.0,
        now=recording.begins_at,
        must_be_new=True,
    )
    switch_off(venue_id=venue_id)
    return Begun(experiment.id, venue_id, name)


@transaction.atomic
def finish_backtest(*, experiment_id: UUID, now: datetime) -> None:
    """Show a backtest that was played to its end, with its scores."""
    Experiment.objects.filter(pk=experiment_id).update(is_unfinished=False)
    recompute_scores(now=now, experiment_ids=[experiment_id])


@transaction.atomic
def remove_backtest(*, experiment_id: UUID, name: str) -> None:
    """Take back a backtest that did not come to its end, as if it had never begun.

    Raises:
        ConflictError: somebody else has predicted on its markets.
    """
    remove_experiment(experiment_id=experiment_id)
    remove_tape(venue=name)


def remove_left_backtests() -> tuple[str, ...]:
    """Take back what killed processes have left; return the names of those.

    One on whose markets somebody else has predicted meanwhile stays, and stays hidden.
    """
    found = Experiment.objects.filter(is_unfinished=True).order_by("pk")
    removed = []
    for own_id, name in list(found.values_list("pk", "name")):
        with hold_turn(turn_of(name)) as is_left:
            # It may have ended since it was found.
            if is_left and found.filter(pk=own_id).exists():
                try:
                    remove_backtest(experiment_id=own_id, name=name)
                except ConflictError as error:
                    logger.warning("backtest_not_removed", reason=str(error))
                else:
                    removed.append(name)
    return tuple(removed)
