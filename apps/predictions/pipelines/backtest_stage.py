"""Where a backtest is played: its experiment, its venue, and the tape's clock."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from apps.markets.domain.markets import MarketStatus
from apps.markets.domain.tape import from_ms
from apps.markets.selectors.markets import MarketRow, get_markets
from apps.markets.services.readings import store_readings
from apps.predictions.domain.entries import EntriesRefusedError, NewPrediction
from apps.predictions.domain.hours import HOUR, Tally, hour_of
from apps.predictions.pipelines.hourly import look_unannounced
from apps.predictions.selectors.tracks import Scope
from apps.predictions.services.partitions import ensure_partitions
from apps.predictions.services.predictions import record_predictions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from apps.markets.domain.tape import Playback
    from apps.predictions.domain.backtest_file import PastPrediction
    from apps.predictions.services.backtests import Begun

    # How a market of the tape stood: when its price was seen, and its status.
    Stand = tuple[datetime | None, MarketStatus]

# When the job of an hour begins, as the schedule has it.
MINUTE = timedelta(minutes=3)
_AT_ONCE = 1000
_OVER = (MarketStatus.RESOLVED, MarketStatus.VOID)


@dataclass(frozen=True, slots=True)
class Refused:
    """A prediction that could not have been made at its moment, and why."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a backtest is: the tape's moment, and the share of its time to play.

    `met` are the predictions whose moment has come, `hours` those looked at.
    """

    at: datetime
    share: float
    met: int
    predictions: int
    hours: int


@dataclass(slots=True)
class Looked:
    """What playing came to; `hours` are those that were looked at."""

    refused: list[Refused]
    tally: Tally
    hours: int
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the tape says of markets, in the form that a refresh gives."""

    rows: dict[UUID, MarketRow]
    failures: dict[UUID, str]
    fetching_ms: float = 0.0
    storing_ms: float = 0.0


@dataclass(slots=True)
class Stage:
    """Plays predictions hour by hour.

    `_seen` has the markets with predictions that are not over, as the last look found
    them: an hour in which none of them has another price or status is one in which the
    job would find nothing to keep, and is passed over.
    """

    begun: Begun
    playback: Playback
    _seen: dict[str, Stand | None] = field(default_factory=dict)
    _names: dict[UUID, str] = field(default_factory=dict)
    _months: set[date] = field(default_factory=set)

    def play(
        self,
        predictions: Sequence[PastPrediction],
        *,
        until: datetime,
        progress: Callable[[Progress], None],
    ) -> Looked:
        """Go from hour to hour until all is told; record what lies between."""
        waiting = deque(predictions)
        hour = _first_hour(waiting[0].at)
        done = Looked([], Tally(), 0, hour)
        while hour + MINUTE <= until + HOUR:
            at = hour + MINUTE
            share = (at - predictions[0].at) / (until + HOUR - predictions[0].at)
            met = len(predictions) - len(waiting)
            progress(Progress(at, share, met, len(predictions), done.hours))
            done.refused += self._record_until(at, waiting)
            if self._has_news(at):
                done.tally += self._look(at)
                done.hours += 1
            done.ended_at = at
            if not self._seen and not waiting:
                break
            hour = hour + HOUR if self._seen else _first_hour(waiting[0].at)
        ends = f"the tape ends before it, at {until:%Y-%m-%d %H:%M} UTC"
        done.refused += [Refused(one.line, ends) for one in waiting]
        return done

    def refresh(
        self, market_ids: Sequence[UUID], *, clock: Callable[[], datetime]
    ) -> _Answer:
        """Store what the tape shows of these markets by the clock."""
        names = {self._names[market_id]: market_id for market_id in market_ids}
        refused = self._store(names, clock())
        return _Answer(
            get_markets([one for name, one in names.items() if name not in refused]),
            {names[name]: why for name, why in refused.items()},
        )

    def _store(self, names: Iterable[str], now: datetime) -> dict[str, str]:
        """Store markets as they stood; return why some could not be."""
        found = {name: self.playback.read(name, now) for name in names}
        stored = store_readings(
            venue_id=self.begun.venue_id, readings=filter(None, found.values()), now=now
        )
        self._names |= {one: name for name, one in stored.market_ids.items()}
        missing = [name for name, reading in found.items() if reading is None]
        return stored.failures | {name: self._why_missing(name) for name in missing}

    def _why_missing(self, name: str) -> str:
        recording = self.playback.recording
        place = recording.places.get(name)
        if place is None:
            return f"no market {name!r} is on the tape"
        first = from_ms(recording.span(place)[0])
        return (
            f"not on the tape by then: its first price is of {first:%Y-%m-%d %H:%M} UTC"
        )

    def _has_news(self, now: datetime) -> bool:
        return any(self._stand(one, now) != seen for one, seen in self._seen.items())

    def _stand(self, name: str, now: datetime) -> Stand | None:
        reading = self.playback.read(name, now)
        if reading is None:
            return None
        quoted_at = None if reading.quote is None else reading.quote.observed_at
        return quoted_at, reading.status

    def _look(self, now: datetime) -> Tally:
        month = now.date().replace(day=1)
        if month not in self._months:
            ensure_partitions(today=month)
            self._months.add(month)
        scope = Scope(experiment_id=self.begun.experiment_id)
        tally = look_unannounced(scope, clock=lambda: now, refresh=self.refresh)
        found = {name: self._stand(name, now) for name in self._seen}
        self._seen = {
            name: stand
            for name, stand in found.items()
            if stand is None or stand[1] not in _OVER
        }
        return tally

    def _record_until(
        self, at: datetime, waiting: deque[PastPrediction]
    ) -> list[Refused]:
        made = []
        while waiting and waiting[0].at <= at:
            made.append(waiting.popleft())
        refused = []
        for moment, together in groupby(made, key=lambda one: one.at):
            refused += self._record(list(together), moment)
        return refused

    def _record(self, made: list[PastPrediction], now: datetime) -> list[Refused]:
        """Record what was predicted at one moment; return what was not possible."""
        unknown = self._store(list({one.market for one in made}), now)
        refused = [
            Refused(one.line, unknown[one.market])
            for one in made
            if one.market in unknown
        ]
        rest = [one for one in made if one.market not in unknown]
        for begin in range(0, len(rest), _AT_ONCE):
            refused += self._append(rest[begin : begin + _AT_ONCE], now)
        return refused

    def _append(self, made: list[PastPrediction], now: datetime) -> list[Refused]:
        """Append to the chain what can be; return the rest."""
        try:
            self._write(made, now)
        except EntriesRefusedError as error:
            wrong = {one.index: f"{one.field}: {one.what}" for one in error.entries}
            self._write([one for i, one in enumerate(made) if i not in wrong], now)
            return [Refused(made[i].line, what) for i, what in wrong.items()]
        return []

    def _write(self, made: Sequence[PastPrediction], now: datetime) -> None:
        if not made:
            return
        entries = [
            NewPrediction(
                market=f"{self.begun.name}:{one.market}",
                outcome=one.outcome,
                probability=one.probability,
                confidence=one.confidence,
                market_price_shown=one.market_price_shown,
                reasoning=one.reasoning,
                reference=f"line {one.line}",
            )
            for one in made
        ]
        record_predictions(
            experiment_id=self.begun.experiment_id, entries=entries, now=now
        )
        for one in made:
            self._seen.setdefault(one.market, None)


def _first_hour(at: datetime) -> datetime:
    """Return the first hour whose job begins at a moment or after it."""
    hour = hour_of(at)
    return hour if at <= hour + MINUTE else hour + HOUR
