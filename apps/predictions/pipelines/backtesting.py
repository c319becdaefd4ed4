"""A backtest: past predictions on a tape, through the code of the hourly job.

The clock is the tape's. Markets are read from the tape as they stood, predictions are
recorded at their moments beside the price of that moment, and every hour is looked at
as the job looks. Nothing of what came later is known before its time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from django.db import transaction

from apps.core.errors import InvalidInputError
from apps.markets.domain.tape import Playback, from_ms
from apps.markets.gateways.tape import read_tape_files
from apps.markets.selectors.markets import MarketRow, get_markets
from apps.markets.services.readings import store_readings
from apps.markets.services.tapes import store_tape
from apps.markets.services.venues import switch_off
from apps.predictions.domain.entries import EntriesRefusedError, NewPrediction
from apps.predictions.domain.hours import HOUR, Tally, hour_of
from apps.predictions.domain.words import ExperimentKind
from apps.predictions.pipelines.hourly import look_apart
from apps.predictions.selectors.tracks import Scope
from apps.predictions.services.experiments import create_experiment
from apps.predictions.services.predictions import record_predictions
from apps.predictions.services.scores import recompute_scores

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from uuid import UUID

    from apps.markets.domain.tape import Recording
    from apps.predictions.domain.backtest_file import PastPrediction

# When the job of an hour begins, as the schedule has it.
MINUTE = timedelta(minutes=3)


@dataclass(frozen=True, slots=True)
class Tape:
    """A recording, and what its file is called."""

    recording: Recording
    file_name: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A prediction that could not have been made at its moment, and why."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Backtest:
    """What a backtest did: which hours it looked at, and what it could not predict."""

    experiment_id: UUID
    venue: str
    recorded: int
    refused: tuple[Refused, ...]
    hours: int
    looks: int
    failed: int
    began_at: datetime
    ended_at: datetime


def read_tape(path: str, outcomes: str | None) -> Tape:
    """Read a tape's file, with the ends of markets from another where given.

    Raises:
        InvalidInputError: a file is no tape; it says where.
    """
    ends = None if outcomes is None else Path(outcomes)
    return Tape(read_tape_files(Path(path), ends), Path(path).name)


def run_backtest(
    tape: Tape,
    predictions: Sequence[PastPrediction],
    *,
    name: str,
    now: datetime,
    progress: Callable[[datetime], None],
) -> Backtest:
    """Replay predictions as an experiment of this name on a venue of the same name.

    Raises:
        ConflictError: the name is taken.
        InvalidInputError: there is no prediction within the tape's time.
    """
    first, last = predictions[0].at, _end(tape.recording)
    if first > last:
        raise InvalidInputError(
            f"The first prediction is of {first:%Y-%m-%d %H:%M} UTC, and the tape "
            f"ends at {last:%Y-%m-%d %H:%M}."
        )
    stage = _set_up(tape, name=name, now=now)
    looked = stage.play(predictions, until=last, progress=progress)
    recompute_scores(now=now, experiment_ids=[stage.experiment_id])
    return Backtest(
        experiment_id=stage.experiment_id,
        venue=name,
        recorded=len(predictions) - len(looked.refused),
        refused=tuple(looked.refused),
        hours=looked.hours,
        looks=looked.tally.total.successful,
        failed=looked.tally.total.failed,
        began_at=first,
        ended_at=looked.ended_at,
    )


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the tape says of markets, in the form that a refresh gives."""

    rows: dict[UUID, MarketRow]
    failures: dict[UUID, str]
    fetching_ms: float = 0.0
    storing_ms: float = 0.0


@dataclass(slots=True)
class _Looked:
    refused: list[Refused]
    tally: Tally
    hours: int
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class _Stage:
    """Where a backtest is played."""

    experiment_id: UUID
    venue_id: UUID
    venue: str
    playback: Playback

    def play(
        self,
        predictions: Sequence[PastPrediction],
        *,
        until: datetime,
        progress: Callable[[datetime], None],
    ) -> _Looked:
        """Go from hour to hour until all is told; record what lies between."""
        waiting = list(predictions)
        hour = hour_of(waiting[0].at)
        done = _Looked([], Tally(), 0, hour)
        while hour + MINUTE <= until + HOUR:
            at = hour + MINUTE
            made = [one for one in waiting if one.at <= at]
            waiting = waiting[len(made) :]
            for moment, together in groupby(made, key=lambda one: one.at):
                done.refused += self._record(list(together), moment)
            tally = self._look(at)
            done.tally += tally
            done.hours += 1
            done.ended_at = at
            progress(at)
            if not waiting and not tally.total.total_processed:
                break
            hour += HOUR
        done.refused += [
            Refused(one.line, "the tape ends before it") for one in waiting
        ]
        return done

    def refresh(
        self, market_ids: Sequence[UUID], *, clock: Callable[[], datetime]
    ) -> _Answer:
        """Store what the tape shows of these markets by the clock."""
        known = get_markets(market_ids)
        names = {row.external_id: market_id for market_id, row in known.items()}
        refused = self._store(list(names), clock())
        return _Answer(
            get_markets([one for name, one in names.items() if name not in refused]),
            {names[name]: why for name, why in refused.items()},
        )

    def _store(self, names: Sequence[str], now: datetime) -> dict[str, str]:
        """Store markets as they stood; return why some could not be."""
        found = {name: self.playback.read(name, now) for name in names}
        stored = store_readings(
            venue_id=self.venue_id, readings=filter(None, found.values()), now=now
        )
        missing = {name for name, reading in found.items() if reading is None}
        return stored.failures | dict.fromkeys(missing, "not on the tape by then")

    def _look(self, now: datetime) -> Tally:
        scope = Scope(experiment_id=self.experiment_id)
        return look_apart(scope, clock=lambda: now, refresh=self.refresh)

    def _record(self, made: list[PastPrediction], now: datetime) -> list[Refused]:
        """Record what was predicted at one moment; return what was not possible."""
        unknown = self._store(list({one.market for one in made}), now)
        refused = [
            Refused(one.line, unknown[one.market])
            for one in made
            if one.market in unknown
        ]
        rest = [one for one in made if one.market not in unknown]
        try:
            self._append(rest, now)
        except EntriesRefusedError as error:
            wrong = {one.index: f"{one.field}: {one.what}" for one in error.entries}
            refused += [Refused(rest[i].line, what) for i, what in wrong.items()]
            self._append([one for i, one in enumerate(rest) if i not in wrong], now)
        return refused

    def _append(self, made: Sequence[PastPrediction], now: datetime) -> None:
        entries = [
            NewPrediction(
                market=f"{self.venue}:{one.market}",
                outcome=one.outcome,
                probability=one.probability,
                confidence=one.confidence,
                market_price_shown=one.market_price_shown,
                reasoning=one.reasoning,
                reference=f"line {one.line}",
            )
            for one in made
        ]
        for begin in range(0, len(entries), _AT_ONCE):
            record_predictions(
                experiment_id=self.experiment_id,
                entries=entries[begin : begin + _AT_ONCE],
                now=now,
            )


_AT_ONCE = 1000


def _end(recording: Recording) -> datetime:
    """Return when the last market of a tape has settled, or its last entry."""
    settled = [one.settled_ms for one in recording.markets if one.settled_ms]
    return max([recording.ends_at, *map(from_ms, settled)])


def _set_up(tape: Tape, *, name: str, now: datetime) -> _Stage:
    """Make the venue, at rest so that nothing else plays it, and the experiment."""
    begins_at = tape.recording.begins_at
    with transaction.atomic():
        experiment = create_experiment(
            workspace_id=None,
            name=name,
            kind=ExperimentKind.SUBMITTED,
            now=now,
            method="backtest",
            parameters={"tape": tape.file_name},
            is_backtest=True,
        )
        venue_id = store_tape(
            venue=name,
            recording=tape.recording,
            file_name=tape.file_name,
            speed=1.0,
            now=begins_at,
        )
        switch_off(venue_id=venue_id)
    return _Stage(experiment.id, venue_id, name, Playback(tape.recording, begins_at))
