"""A backtest: past predictions on a tape, through the code of the hourly job.

The clock is the tape's. Markets are read from the tape as they stood, predictions are
recorded at their moments beside the price of that moment, and every hour is looked at
as the job looks. Nothing of what came later is known before its time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from apps.core.database import unhurried_commits
from apps.core.errors import ConflictError, InvalidInputError
from apps.core.turns import hold_turn
from apps.markets.domain.tape import Playback, with_fees
from apps.markets.domain.tape_tables import read_fees
from apps.markets.gateways.tape import read_tape_files
from apps.predictions.pipelines.backtest_stage import Refused, Stage
from apps.predictions.services.backtests import (
    begin_backtest,
    finish_backtest,
    remove_backtest,
    remove_left_backtests,
    turn_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from apps.markets.domain.tape import Recording
    from apps.predictions.domain.backtest_file import PastPrediction
    from apps.predictions.pipelines.backtest_stage import Looked, Progress
    from apps.predictions.services.backtests import Begun

# How many reasons are told where nothing could be recorded.
MOST_REASONS = 3
NONE: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Tape:
    """A recording, what its file is called, and what is assumed beyond it."""

    recording: Recording
    file_name: str
    assumed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Backtest:
    """What a backtest did: the hours it looked at, and what it could not predict.

    `hours` are those in which a market of its predictions had something to tell.
    """

    experiment_id: UUID
    venue: str
    recorded: int
    refused: tuple[Refused, ...]
    hours: int
    looks: int
    failed: int
    began_at: datetime
    ended_at: datetime
    tape_begins_at: datetime
    tape_ends_at: datetime


def read_tape(path: str, outcomes: str | None, fees: Mapping[str, str] = NONE) -> Tape:
    """Read a tape's file, with the ends of markets from another where given.

    `fees` has columns of a tape that say what a taker pays, for the markets of which
    the tape says nothing.

    Raises:
        InvalidInputError: a file is no tape, or `fees` no schedule; it says where.
    """
    try:
        schedule = read_fees(fees)
    except ValueError as error:
        raise InvalidInputError(str(error)) from error
    ends = None if outcomes is None else Path(outcomes)
    recording = read_tape_files(Path(path), ends)
    if schedule is not None:
        recording = with_fees(recording, schedule)
    return Tape(recording, Path(path).name, fees)


def run_backtest(
    tape: Tape,
    predictions: Sequence[PastPrediction],
    *,
    name: str,
    now: datetime,
    progress: Callable[[Progress], None],
) -> Backtest:
    """Replay predictions as an experiment of this name on a venue of the same name.

    However it ends before its end, nothing of it stays. Of a process that is killed it
    stays hidden, and the next backtest takes it back. `progress` hears of each hour;
    what it raises ends the backtest.

    Raises:
        ConflictError: the name is taken, or a backtest of that name is played now.
        InvalidInputError: no prediction could have been made on the tape.
    """
    first, last = predictions[0].at, tape.recording.settles_by
    if first > last:
        raise InvalidInputError(
            f"The first prediction is of {first:%Y-%m-%d %H:%M} UTC, and the tape "
            f"ends at {last:%Y-%m-%d %H:%M}."
        )
    with hold_turn(turn_of(name)) as is_mine:
        if not is_mine:
            raise ConflictError(f"A backtest {name!r} is played by another process.")
        remove_left_backtests()
        begun = begin_backtest(
            name=name,
            recording=tape.recording,
            file_name=tape.file_name,
            assumed=tape.assumed,
            now=now,
        )
        stage = Stage(begun, Playback(tape.recording, tape.recording.begins_at))
        try:
            with unhurried_commits():
                looked = stage.play(predictions, until=last, progress=progress)
            _require_some(tape.recording, predictions, looked)
            finish_backtest(experiment_id=begun.experiment_id, now=now)
        except BaseException:
            remove_backtest(experiment_id=begun.experiment_id, name=name)
            raise
    return _describe(begun, tape.recording, predictions, looked)


def _require_some(
    recording: Recording, predictions: Sequence[PastPrediction], looked: Looked
) -> None:
    if len(looked.refused) < len(predictions):
        return
    refused = sorted(looked.refused, key=lambda one: one.line)[:MOST_REASONS]
    reasons = "; ".join(f"line {one.line}: {one.reason}" for one in refused)
    raise InvalidInputError(
        f"None of {len(predictions)} predictions could be made on the tape, which has "
        f"prices from {recording.begins_at:%Y-%m-%d %H:%M} to "
        f"{recording.ends_at:%Y-%m-%d %H:%M} UTC, so nothing is kept: {reasons}"
        f"{'; …' if len(predictions) > len(refused) else ''}"
    )


def _describe(
    begun: Begun,
    recording: Recording,
    predictions: Sequence[PastPrediction],
    looked: Looked,
) -> Backtest:
    return Backtest(
        experiment_id=begun.experiment_id,
        venue=begun.name,
        recorded=len(predictions) - len(looked.refused),
        refused=tuple(sorted(looked.refused, key=lambda one: one.line)),
        hours=looked.hours,
        looks=looked.tally.total.successful,
        failed=looked.tally.total.failed,
        began_at=predictions[0].at,
        ended_at=looked.ended_at,
        tape_begins_at=recording.begins_at,
        tape_ends_at=recording.ends_at,
    )
