from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.db.models import Sum

from apps.markets.models import Quote
from apps.markets.pipelines.refresh import hear_markets
from apps.predictions.domain.hours import hour_of
from apps.predictions.domain.words import JobStatus
from apps.predictions.models import BenchmarkJob, Snapshot, Summary
from apps.predictions.pipelines.hourly import (
    HourOptions,
    look_apart,
    look_dry,
    run_hour,
)
from apps.predictions.selectors.tracks import EVERYTHING
from apps.predictions.services.jobs import (
    HourLostError,
    claim_job,
    end_job,
    renew_job,
)
from tests.fakes.venue_server import FakeVenues
from tests.markets.make import NOW, make_market, make_venue
from tests.predictions.make import make_experiment, make_prediction
from tests.predictions.prices import Clock, Prices
from tests.predictions.whole import assert_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

    from apps.markets.pipelines.refresh import Heard
    from apps.predictions.services.jobs import JobLease

HOUR = hour_of(NOW)
LEASE = timedelta(minutes=10)


def make_many(markets: int, each: int, at: datetime = NOW) -> None:
    experiment = make_experiment()
    for number in range(markets):
        market = make_market(f"m{number}", quoted_at=at)
        for _ in range(each):
            make_prediction(experiment, market, created_at=at)


@pytest.mark.django_db
def test_of_two_schedulers_one_has_the_hour() -> None:
    lease = claim_job(hour=HOUR, now=NOW, duration=LEASE)
    assert lease is not None
    assert claim_job(hour=HOUR, now=NOW, duration=LEASE) is None
    end_job(lease=lease, now=NOW, elapsed_ms=1)
    assert claim_job(hour=HOUR, now=NOW, duration=LEASE) is None


@pytest.mark.django_db
def test_a_worker_that_fell_silent_is_followed_and_can_write_no_more() -> None:
    lease = claim_job(hour=HOUR, now=NOW, duration=LEASE)
    later = NOW + LEASE + timedelta(seconds=1)
    other = claim_job(hour=HOUR, now=later, duration=LEASE)
    assert lease is not None
    assert other is not None
    assert BenchmarkJob.objects.get().takes == 2
    with pytest.raises(HourLostError, match="Another worker has the hour 12:00 now"):
        end_job(lease=lease, now=later, elapsed_ms=1)


@pytest.mark.django_db
def test_what_a_worker_without_its_lease_looked_at_is_not_stored() -> None:
    make_many(markets=1, each=2)
    clock, prices = Clock(NOW), Prices()

    def take_over() -> None:
        BenchmarkJob.objects.update(lease_token=None)

    prices.before_answer = take_over
    assert run_hour(clock=clock, refresh=prices) is None
    assert not Snapshot.objects.exists()
    assert Summary.objects.aggregate(all=Sum("total_snapshots"))["all"] == 0


@pytest.mark.django_db(transaction=True)
def test_a_venue_slower_than_the_lease_costs_nobody_the_job() -> None:
    make_many(markets=1, each=2)
    clock, prices = Clock(NOW), Prices()
    short = HourOptions(lease=timedelta(seconds=0.2))

    def answer_slowly() -> None:
        clock.now += LEASE
        renewed = BenchmarkJob.objects.filter(lease_expires_at__gt=clock.now)
        ends_at = time.monotonic() + 10
        while time.monotonic() < ends_at and not renewed.exists():
            time.sleep(0.02)
        assert claim_job(hour=HOUR, now=clock.now, duration=LEASE) is None

    prices.before_answer = answer_slowly
    job = run_hour(clock=clock, refresh=prices, options=short)
    assert job is not None
    assert (job.status, job.takes, job.successful) == (JobStatus.COMPLETED, 1, 2)


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_hangs_while_it_fetches_loses_the_job() -> None:
    make_many(markets=1, each=2)
    clock, prices = Clock(NOW), Prices()
    taken: list[JobLease | None] = []
    brief = timedelta(seconds=0.2)

    def hang() -> None:
        ends_at = time.monotonic() + 10
        while any(one.name == "lease" for one in threading.enumerate()):
            assert time.monotonic() < ends_at
            time.sleep(0.02)
        clock.now += LEASE
        taken.append(claim_job(hour=HOUR, now=clock.now, duration=LEASE))

    prices.before_answer = hang
    options = HourOptions(lease=brief, patience=2 * brief)
    assert run_hour(clock=clock, refresh=prices, options=options) is None
    assert taken != [None]
    assert not Snapshot.objects.exists()
    assert BenchmarkJob.objects.get().takes == 2


@pytest.mark.django_db
def test_a_lease_that_is_lost_or_of_a_past_hour_is_not_renewed() -> None:
    lease = claim_job(hour=HOUR, now=NOW, duration=LEASE)
    assert lease is not None
    with pytest.raises(HourLostError, match="The hour 12:00 is over"):
        renew_job(lease=lease, now=NOW + timedelta(hours=1), duration=LEASE)
    renew_job(lease=lease, now=NOW + LEASE, duration=LEASE)
    assert BenchmarkJob.objects.get().lease_expires_at == NOW + 2 * LEASE
    later = NOW + 2 * LEASE + timedelta(seconds=1)
    assert claim_job(hour=HOUR, now=later, duration=LEASE) is not None
    with pytest.raises(HourLostError, match="Another worker has the hour 12:00 now"):
        renew_job(lease=lease, now=later, duration=LEASE)
    assert BenchmarkJob.objects.get().lease_expires_at == later + LEASE


@pytest.mark.django_db(transaction=True)
def test_many_jobs_at_once_store_every_snapshot_once() -> None:
    make_many(markets=4, each=5)
    clock, prices = Clock(NOW), Prices()
    results = []

    def work() -> None:
        small = HourOptions(size=3)
        results.append(run_hour(clock=clock, refresh=prices, options=small))

    run_at_once([work] * 4)
    assert [one.successful for one in results if one is not None] == [20]
    assert len(results) == 4
    assert_whole(20)


@pytest.mark.django_db(transaction=True)
def test_looks_apart_from_the_job_that_meet_it_double_nothing() -> None:
    make_many(markets=4, each=25)
    clock, prices, small = Clock(NOW), Prices(), HourOptions(size=7)
    done: list[int] = []

    def look() -> None:
        tally = look_apart(EVERYTHING, clock=clock, refresh=prices, options=small)
        done.append(tally.total.successful)

    def work() -> None:
        job = run_hour(clock=clock, refresh=prices, options=small)
        assert job is not None
        done.append(job.successful)

    run_at_once([look, work, look])
    assert len(done) == 3
    assert sum(done) == Snapshot.objects.count() == 100
    assert set(Summary.objects.values_list("total_snapshots", flat=True)) == {1}


@pytest.mark.django_db(transaction=True)
def test_a_dry_run_waits_for_venues_without_holding_a_row() -> None:
    open_blocks: list[bool] = []

    def hear(market_ids: Sequence[UUID], *, clock: Callable[[], datetime]) -> Heard:
        open_blocks.append(connection.in_atomic_block)
        return hear_markets(market_ids, clock=clock)

    with FakeVenues() as venues:
        venue, experiment = make_venue(addresses=venues.addresses()), make_experiment()
        for number in range(4):
            fake = venues.polymarket.add(number + 1, bid="0.59", ask="0.61")
            tokens = list(fake.tokens)
            market = make_market(fake.condition_id, venue=venue, token_ids=tokens)
            for _ in range(3):
                make_prediction(experiment, market)
        small = HourOptions(size=4)
        tally = look_dry(EVERYTHING, clock=Clock(NOW), hear=hear, options=small)
    assert open_blocks == [False] * 3
    assert (tally.total.successful, tally.total.failed, tally.total.markets) == (
        12,
        0,
        4,
    )
    assert not Snapshot.objects.exists()
    assert not Quote.objects.exists()


def run_at_once(works: Sequence[Callable[[], None]]) -> None:
    def run(work: Callable[[], None]) -> None:
        try:
            work()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def start_worker() -> subprocess.Popen[bytes]:
    """Start the hour's job in a process of its own, on this test's database."""
    place = os.environ["DATABASE_URL"].partition("?")[2]
    address = f"postgresql:///{connection.settings_dict['NAME']}?{place}"
    return subprocess.Popen(
        [sys.executable, "-m", "tests.predictions.work"],
        env={**os.environ, "DATABASE_URL": address},
    )


def await_snapshots(count: int) -> None:
    until = time.monotonic() + 60
    while Snapshot.objects.count() < count:
        assert time.monotonic() < until, "the worker stores nothing"
        time.sleep(0.005)


@pytest.mark.django_db(transaction=True)
def test_a_killed_worker_loses_no_snapshot_and_none_is_stored_twice() -> None:
    now = datetime.now(UTC)
    if now.minute == 59:
        time.sleep(61 - now.second)  # the hour must not end on the way
        now = datetime.now(UTC)
    with FakeVenues(delay=0.02) as venues:
        make_markets_of(venues, count=30, each=4, at=now)
        for wanted in (20, 60):
            worker = start_worker()
            await_snapshots(wanted)
            worker.send_signal(signal.SIGKILL)
            worker.wait()
            kept = Snapshot.objects.count()
            assert wanted <= kept < 120
            assert BenchmarkJob.objects.get().successful == kept
            await_expiry()
        job = run_hour(clock=lambda: datetime.now(UTC))
    assert job is not None
    assert job.takes == 3
    assert_whole(120)


def make_markets_of(venues: FakeVenues, *, count: int, each: int, at: datetime) -> None:
    venue, experiment = make_venue(addresses=venues.addresses()), make_experiment()
    for number in range(1, count + 1):
        fake = venues.polymarket.add(number, bid="0.59", ask="0.61")
        tokens = list(fake.tokens)
        market = make_market(
            fake.condition_id, "0.50", venue=venue, token_ids=tokens, quoted_at=at
        )
        for _ in range(each):
            make_prediction(experiment, market, created_at=at)


def await_expiry() -> None:
    """Let the dead worker's lease run out."""
    expiry = BenchmarkJob.objects.get().lease_expires_at
    assert expiry is not None
    time.sleep(max(0.0, (expiry - datetime.now(UTC)).total_seconds()) + 0.01)
