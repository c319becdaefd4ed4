"""The job of one hour: every active prediction against its market, once.

Predictions come by market, page after page. Of each page the markets are fetched, each
once; the metrics computed, all at once; and snapshots, summaries and the job's counts
stored in one transaction that asks for the lease, which is renewed while venues are
waited for. A worker may be killed at any
instant: what is stored is whole, and whoever takes the job up goes on with what has no
snapshot of the hour yet.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

import psycopg
import structlog
from django.db import DatabaseError, DataError, IntegrityError, transaction

from apps.markets.pipelines.refresh import hear_markets, refresh_markets
from apps.markets.selectors.quotes import last_prices, prices_before
from apps.predictions.domain.hours import Tally, hour_of
from apps.predictions.domain.movement import (
    WINDOW_SLACK_SECONDS,
    WINDOW_TOLERANCE,
    WINDOWS,
)
from apps.predictions.pipelines.leases import hold_lease
from apps.predictions.pipelines.looking import LAST_HOURS, list_closes, take_look
from apps.predictions.selectors.jobs import get_job
from apps.predictions.selectors.tracks import EVERYTHING, START, list_tracks
from apps.predictions.services.jobs import HourLostError, claim_job, end_job
from apps.predictions.services.live import announce_hour, announce_looks
from apps.predictions.services.partitions import ensure_partitions
from apps.predictions.services.snapshots import store_chunk

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from uuid import UUID

    from apps.markets.selectors.markets import MarketRow
    from apps.predictions.pipelines.looking import Past
    from apps.predictions.selectors.jobs import JobRow
    from apps.predictions.selectors.tracks import Scope, TrackPage
    from apps.predictions.services.jobs import JobLease
    from apps.predictions.services.snapshots import Chunk

    Clock = Callable[[], datetime]
    Note = Callable[[Sequence[UUID], datetime], None]

logger = structlog.get_logger(__name__)


class Answer(Protocol):
    """What was fetched of markets: fresh rows, and why others have none."""

    @property
    def rows(self) -> Mapping[UUID, MarketRow]:
        """Return the markets that answered."""

    @property
    def failures(self) -> Mapping[UUID, str]:
        """Return the reason of each that did not."""

    @property
    def fetching_ms(self) -> float:
        """Return the time that venues took."""

    @property
    def storing_ms(self) -> float:
        """Return the time that their quotes took to store."""


class Refresh(Protocol):
    """What fetches markets and stores their quotes."""

    def __call__(self, market_ids: Sequence[UUID], *, clock: Clock) -> Answer:
        """Fetch each market once."""


class Heard(Protocol):
    """What venues said, before anything of it is stored."""

    def store(self, clock: Clock) -> Answer:
        """Store it."""


class Hear(Protocol):
    """What fetches markets and stores nothing."""

    def __call__(self, market_ids: Sequence[UUID], *, clock: Clock) -> Heard:
        """Fetch each market once."""


@dataclass(frozen=True, slots=True)
class HourOptions:
    """How much is done at a time, and how long a silent worker keeps the job.

    `patience` is how long the fetching of one page may prolong the lease: more than
    fetching takes until it gives up by itself.
    """

    size: int = 10_000
    lease: timedelta = timedelta(minutes=10)
    patience: timedelta = timedelta(minutes=12)


DEFAULTS = HourOptions()


def run_hour(
    *,
    clock: Clock,
    refresh: Refresh = refresh_markets,
    options: HourOptions = DEFAULTS,
) -> JobRow | None:
    """Do what is left of the present hour's job and return how it went.

    Returns None where it is done, or another worker has it or took it on the way.
    """
    now = clock()
    ensure_partitions(today=now.date())
    lease = claim_job(hour=hour_of(now), now=now, duration=options.lease)
    if lease is None:
        return None
    log = logger.bind(hour=lease.hour.isoformat())
    began = time.perf_counter()
    desk = _Desk(clock, refresh, options, lease.hour, lease)
    trouble = ""
    try:
        desk.work(EVERYTHING)
    except HourLostError as error:
        trouble = str(error)
        log.warning("hour_lost", reason=trouble)
    except Exception as error:
        # A fault of ours ends the job where people can see it; it is tried again.
        log.exception("hour_failed")
        trouble = f"{type(error).__name__}: {error}"
    spent = (time.perf_counter() - began) * 1000
    try:
        end_job(lease=lease, now=clock(), elapsed_ms=spent, trouble=trouble)
    except HourLostError:
        return None
    job = get_job(lease.hour)
    announce_hour(job)
    log.info("hour_ended", status=job.status, successful=job.successful)
    return job


def look_apart(
    scope: Scope,
    *,
    clock: Clock,
    refresh: Refresh = refresh_markets,
    options: HourOptions = DEFAULTS,
) -> Tally:
    """Take a look at some predictions now, without it counting as the hour's job.

    What gets its snapshot of the hour so is left out by the job.
    """
    ensure_partitions(today=clock().date())
    tally = look_unannounced(scope, clock=clock, refresh=refresh, options=options)
    announce_looks(scope.prediction_id, scope.experiment_id)
    return tally


def look_unannounced(
    scope: Scope,
    *,
    clock: Clock,
    refresh: Refresh,
    options: HourOptions = DEFAULTS,
) -> Tally:
    """Do the same where the month's partition is there, and nobody watches."""
    return _Desk(clock, refresh, options, hour_of(clock()), None).work(scope)


def look_dry(
    scope: Scope,
    *,
    clock: Clock,
    hear: Hear = hear_markets,
    options: HourOptions = DEFAULTS,
    note: Note | None = None,
) -> Tally:
    """Take a look as `look_apart` does, and leave nothing behind.

    `note` is told the predictions of each page and the hour while what would be stored
    of them can be read.

    Of each page the markets are fetched first; what is stored of them then is taken
    back at once, so that nobody waits for rows while this waits for venues.
    """
    desk = _Desk(clock, refresh_markets, options, hour_of(clock()), None, hear, note)
    return desk.work(scope)


@dataclass(slots=True)
class _Desk:
    """Where the pages of one job, or of one look apart from it, are worked off.

    With `hear` it is a dry run.
    """

    clock: Clock
    refresh: Refresh
    options: HourOptions
    hour: datetime
    lease: JobLease | None
    hear: Hear | None = None
    note: Note | None = None

    def work(self, scope: Scope) -> Tally:
        """Work off every page.

        Raises:
            HourLostError: the lease is lost, or the hour is over.
        """
        done = Tally()
        known, after = _Known({}, {}), START
        while True:
            began = time.perf_counter()
            page = self._read_page(scope, after)
            if page is None:
                return done
            reading = Tally(computing_ms=(time.perf_counter() - began) * 1000)
            known, tally = self.work_off(page, known, reading)
            done += tally
            after = (page.market_ids[-1], page.prediction_ids[-1])

    def _read_page(self, scope: Scope, after: tuple[UUID, UUID]) -> TrackPage | None:
        return list_tracks(
            scope,
            hour=self.hour,
            now=self.clock(),
            size=self.options.size,
            after=after,
        )

    def work_off(
        self, page: TrackPage, known: _Known, reading: Tally
    ) -> tuple[_Known, Tally]:
        """Work off one page that took so long to read."""
        if self.hear is not None:
            heard = self.hear(known.lacking(page), clock=self.clock)
            return self._work_off_dry(page, known, reading, heard)
        known, chunk = self._look(page, known)
        return known, self._store(replace(chunk, tally=chunk.tally + reading))

    def _work_off_dry(
        self, page: TrackPage, known: _Known, reading: Tally, heard: Heard
    ) -> tuple[_Known, Tally]:
        """Store what was heard, look at it, and take it all back."""
        desk = replace(self, refresh=lambda _, *, clock: heard.store(clock), hear=None)
        with transaction.atomic():
            ensure_partitions(today=self.clock().date())
            worked = desk.work_off(page, known, reading)
            if self.note is not None:
                self.note(page.prediction_ids, self.hour)
            transaction.set_rollback(True)
        return worked

    def _look(self, page: TrackPage, known: _Known) -> tuple[_Known, Chunk]:
        """Fetch the markets of a page and measure; also return what the last one said.

        A market whose predictions fill more than a page is fetched for the first.
        """
        wanted = known.lacking(page)
        with hold_lease(
            self.lease,
            clock=self.clock,
            duration=self.options.lease,
            most=self.options.patience,
        ):
            answer = self.refresh(wanted, clock=self.clock)
        known = _Known(
            {**known.rows, **answer.rows}, {**known.failures, **answer.failures}
        )
        began = time.perf_counter()
        now = self.clock()
        chunk = take_look(
            page,
            known.rows,
            known.failures,
            _read_past(list(known.rows), now),
            last_prices(list_closes(known.rows), LAST_HOURS),
            fetched=frozenset(wanted),
            hour=self.hour,
            now=now,
        )
        computing = (time.perf_counter() - began) * 1000
        spent = Tally(
            fetching_ms=answer.fetching_ms,
            computing_ms=computing,
            storing_ms=answer.storing_ms,
        )
        last = page.market_ids[-1]
        return known.only(last), replace(chunk, tally=chunk.tally + spent)

    def _store(self, chunk: Chunk) -> Tally:
        """Store a chunk; where the database refuses a row, everything but that row."""
        try:
            return self._store_whole(chunk)
        except (DataError, IntegrityError) as error:
            halves = chunk.halves()
            if halves is None:
                return self._store_whole(chunk.refuse(_primary_message(error)))
        return self._store(halves[0]) + self._store(halves[1])

    def _store_whole(self, chunk: Chunk) -> Tally:
        return store_chunk(
            chunk=chunk,
            hour=self.hour,
            now=self.clock(),
            lease=self.lease,
            duration=self.options.lease,
        )


@dataclass(frozen=True, slots=True)
class _Known:
    """What was heard of markets so far."""

    rows: Mapping[UUID, MarketRow]
    failures: Mapping[UUID, str]

    def __contains__(self, market_id: UUID) -> bool:
        return market_id in self.rows or market_id in self.failures

    def lacking(self, page: TrackPage) -> list[UUID]:
        """Return the markets of a page of which nothing was heard, each once."""
        return [one for one in dict.fromkeys(page.market_ids) if one not in self]

    def only(self, market_id: UUID) -> _Known:
        """Return what was heard of one market: the next page may begin with it."""
        return _Known(
            {one: row for one, row in self.rows.items() if one == market_id},
            {one: why for one, why in self.failures.items() if one == market_id},
        )


def _read_past(market_ids: Sequence[UUID], now: datetime) -> Past:
    """Return the prices at which each window opens, and when they were true."""
    past = {}
    slack = timedelta(seconds=WINDOW_SLACK_SECONDS)
    for name, hours in WINDOWS.items():
        past[name] = prices_before(
            market_ids,
            now - timedelta(hours=hours) + slack,
            timedelta(hours=hours * WINDOW_TOLERANCE) + slack,
        )
    return past


def _primary_message(error: DatabaseError) -> str:
    """Return what the database refused; its details repeat the row, which stays out."""
    cause = error.__cause__
    said = cause.diag.message_primary if isinstance(cause, psycopg.Error) else None
    return said or type(error).__name__
