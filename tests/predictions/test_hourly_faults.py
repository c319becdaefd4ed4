"""The hourly job against a venue that fails in every way that venues do."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from apps.core.backoff import RetryPolicy
from apps.markets.models import Market, Venue
from apps.markets.pipelines.fetching import Pace
from apps.markets.pipelines.refresh import Refreshed, refresh_markets
from apps.predictions.domain.words import JobStatus
from apps.predictions.models import BenchmarkJob, Snapshot, Summary
from apps.predictions.pipelines.hourly import HourOptions, run_hour
from tests.fakes.venue_server import FakeVenues, Fault
from tests.markets.make import NOW, make_market, make_venue
from tests.predictions.make import make_experiment, make_prediction
from tests.predictions.prices import Clock
from tests.predictions.whole import assert_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from uuid import UUID

    from apps.predictions.selectors.jobs import JobRow

pytestmark = pytest.mark.django_db
MARKETS, EACH = 6, 3
COUNT = MARKETS * EACH
# Two retries after the first attempt, and pages of two markets.
PACE = Pace(
    attempt_seconds=0.5,
    policy=RetryPolicy(base_seconds=0.01, cap_seconds=0.02, max_retries=2),
)
PAGES_OF_TWO = HourOptions(size=2 * EACH)
HOUR = timedelta(hours=1)
MINUTES = timedelta(minutes=5)


@pytest.fixture
def venues() -> Iterator[FakeVenues]:
    with FakeVenues() as running:
        yield running


@pytest.fixture
def clock(venues: FakeVenues) -> Clock:
    """Half past noon, with predictions on markets of the running venue."""
    venue = make_venue(addresses=venues.addresses())
    experiment = make_experiment()
    for number in range(1, MARKETS + 1):
        fake = venues.polymarket.add(number, bid="0.59", ask="0.61")
        name, tokens = fake.condition_id, list(fake.tokens)
        market = make_market(
            name, "0.50", venue=venue, token_ids=tokens, quoted_at=NOW - HOUR
        )
        for _ in range(EACH):
            make_prediction(experiment, market, "0.75", created_at=NOW - HOUR)
    return Clock(NOW)


def refresh(market_ids: Sequence[UUID], *, clock: Callable[[], datetime]) -> Refreshed:
    return refresh_markets(market_ids, clock=clock, pace=PACE)


def run(clock: Clock) -> JobRow:
    job = run_hour(clock=clock, refresh=refresh, options=PAGES_OF_TWO)
    assert job is not None
    return job


def test_a_venue_that_is_well_gives_every_snapshot(
    venues: FakeVenues, clock: Clock
) -> None:
    job = run(clock)
    assert (job.successful, job.markets_tracked) == (COUNT, MARKETS)
    assert_whole(COUNT)
    one = Snapshot.objects.first()
    assert one is not None
    assert (one.market_price_yes, one.spread, one.flags) == (0.6, 0.02, 0)
    asked = [one.all("condition_ids") for one in venues.requests]
    named = [name for names in asked for name in names]
    assert len(named) == len(set(named)) == MARKETS


@pytest.mark.parametrize(
    ("fault", "how"),
    [
        (Fault.STATUS, {"status": 429, "headers": {"retry-after": "0"}}),
        (Fault.STATUS, {"status": 500}),
        (Fault.STATUS, {"status": 503}),
        (Fault.TRUNCATED, {}),
        (Fault.CUT, {}),
        (Fault.HTML, {}),
        (Fault.SILENCE, {}),
    ],
)
def test_what_fails_twice_is_asked_a_third_time(
    venues: FakeVenues, clock: Clock, fault: Fault, how: dict[str, Any]
) -> None:
    venues.break_("gamma", fault, times=2, **how)
    assert run(clock).failed == 0
    assert_whole(COUNT)


@pytest.mark.parametrize(
    ("fault", "how", "reason"),
    [
        (Fault.STATUS, {"status": 429}, "answered 429"),
        (Fault.STATUS, {"status": 500}, "answered 500"),
        (Fault.TRUNCATED, {}, "not JSON"),
        (Fault.WRONG_TYPES, {}, "is not a list"),
        (Fault.SILENCE, {}, "no answer in time"),
    ],
)
def test_a_venue_that_stays_down_leaves_nothing_and_its_return_leaves_all(
    venues: FakeVenues, clock: Clock, fault: Fault, how: dict[str, Any], reason: str
) -> None:
    venues.break_("gamma", fault, **how)
    job = run(clock)
    assert (job.status, job.failed, job.successful) == (JobStatus.FAILED, COUNT, 0)
    assert all(reason in one.error for one in job.errors)
    assert not Snapshot.objects.exists()
    venues.heal()
    clock.now += MINUTES
    assert run(clock).takes == 2
    assert_whole(COUNT)


def test_a_part_that_fails_is_mended_without_doubling_the_rest(
    venues: FakeVenues, clock: Clock
) -> None:
    venues.break_("gamma", Fault.STATUS, times=3)  # the first page, to its end
    job = run(clock)
    counts = (job.status, job.successful, job.failed)
    assert counts == (JobStatus.COMPLETED, COUNT - 2 * EACH, 2 * EACH)
    assert {one.error.rpartition("answered ")[2][:3] for one in job.errors} == {"500"}
    assert Snapshot.objects.count() == COUNT - 2 * EACH
    clock.now += MINUTES
    assert run(clock).successful == COUNT
    assert_whole(COUNT)


def test_an_hour_of_silence_is_a_gap_and_the_next_hour_is_whole(
    venues: FakeVenues, clock: Clock
) -> None:
    venues.break_("", Fault.SILENCE)
    for _ in range(2):
        assert run(clock).status is JobStatus.FAILED
        clock.now += MINUTES
    venues.heal()
    clock.now = NOW + HOUR
    assert run(clock).successful == COUNT
    hours = set(Snapshot.objects.values_list("hour", flat=True))
    assert hours == {(NOW + HOUR).replace(minute=0)}
    statuses = BenchmarkJob.objects.order_by("hour").values_list("status", flat=True)
    assert list(statuses) == ["failed", "completed"]
    assert set(Summary.objects.values_list("total_snapshots", flat=True)) == {1}


def test_a_venue_that_takes_requests_and_answers_none_fails_its_pages_in_time(
    venues: FakeVenues, clock: Clock
) -> None:
    patient = Pace(attempt_seconds=60.0, total_seconds=0.3)

    def refresh(
        market_ids: Sequence[UUID], *, clock: Callable[[], datetime]
    ) -> Refreshed:
        return refresh_markets(market_ids, clock=clock, pace=patient)

    venues.break_("", Fault.SILENCE)
    job = run_hour(clock=clock, refresh=refresh, options=PAGES_OF_TWO)
    assert job is not None
    assert (job.status, job.failed, job.successful) == (JobStatus.FAILED, COUNT, 0)
    why = "the venue took longer than 0.3 s for all"
    assert {one.error for one in job.errors} == {why}
    assert Venue.objects.get().failure == why
    venues.heal()
    clock.now += MINUTES
    assert run(clock).takes == 2
    assert_whole(COUNT)


def test_markets_that_settle_complete_their_predictions(
    venues: FakeVenues, clock: Clock
) -> None:
    name = Market.objects.get(external_id__endswith="1").external_id
    venues.polymarket.change(name, closed=True, prices=("1", "0"), uma="resolved")
    job = run(clock)
    assert (job.successful, job.failed) == (COUNT, 0)
    done = Summary.objects.filter(benchmark_status="COMPLETED")
    assert set(done.values_list("market__external_id", "value")) == {(name, 1.0)}
    assert done.count() == EACH
    assert Venue.objects.get().failure == ""
