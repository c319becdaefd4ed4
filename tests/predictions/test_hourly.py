from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection

from apps.core.errors import ConflictError
from apps.markets.domain.markets import QuoteFlag
from apps.predictions.domain.words import JobStatus
from apps.predictions.models import BenchmarkJob, Snapshot, Summary
from apps.predictions.pipelines.hourly import HourOptions, look_apart, run_hour
from apps.predictions.selectors.tracks import Scope
from apps.predictions.services.jobs import claim_job
from tests.markets.make import NOW, make_market
from tests.predictions.make import make_experiment, make_prediction
from tests.predictions.prices import Clock, Prices, settle

if TYPE_CHECKING:
    from apps.markets.models import Market
    from apps.predictions.models import Prediction
    from apps.predictions.selectors.jobs import JobRow

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
SMALL = HourOptions(size=2)


@pytest.fixture
def prices() -> Prices:
    return Prices()


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)  # half past noon


@pytest.fixture
def market() -> Market:
    return make_market(price="0.60")


@pytest.fixture
def made(market: Market) -> Prediction:
    return make_prediction(make_experiment(), market, "0.75")


def run(clock: Clock, prices: Prices, **options: Any) -> JobRow | None:
    return run_hour(clock=clock, refresh=prices, **options)


def run_done(clock: Clock, prices: Prices, **options: Any) -> JobRow:
    job = run(clock, prices, **options)
    assert job is not None
    return job


def test_an_hour_gives_every_prediction_its_snapshot(
    made: Prediction, market: Market, prices: Prices, clock: Clock
) -> None:
    clock.now += HOUR
    prices.tell(market, "0.63")
    job = run_done(clock, prices)
    assert (job.status, job.successful, job.failed) == (JobStatus.COMPLETED, 1, 0)
    assert (job.markets_tracked, dict(job.movements)) == (1, {"CONVERGING": 1})
    one = Snapshot.objects.get()
    assert (one.prediction_id, one.hour) == (made.pk, NOW.replace(hour=13, minute=0))
    assert (one.market_price_yes, one.market_price_no, one.spread) == (0.63, 0.37, 0.01)
    assert (one.source, one.flags, one.market_closed) == ("test", 0, False)
    assert one.abs_delta == pytest.approx(0.12)
    assert one.convergence_rate == pytest.approx(0.03)
    assert one.convergence_percentage == pytest.approx(20)
    assert one.interim_skill == pytest.approx(0.03**2 - 0.12**2)
    assert (one.hours_since_prediction, one.observed_at) == (1.0, clock.now)


def test_a_snapshot_says_where_each_market_s_price_came_from(
    made: Prediction, market: Market, prices: Prices, clock: Clock
) -> None:
    other = make_prediction(made.experiment, make_market("snow"), "0.75")
    clock.now += HOUR
    prices.tell(market, "0.63", source="clob.books")
    prices.tell(other.market, "0.63", source="gamma")
    run_done(clock, prices)
    found = dict(Snapshot.objects.values_list("prediction_id", "source"))
    assert found == {made.pk: "clob.books", other.pk: "gamma"}


def test_the_summary_follows_hour_by_hour(
    made: Prediction, market: Market, prices: Prices, clock: Clock
) -> None:
    for price in ("0.63", "0.62", "0.62", "0.80"):
        clock.now += HOUR
        prices.tell(market, price)
        run_done(clock, prices)
    own = Summary.objects.get(pk=made.pk)
    counts = (own.total_snapshots, own.rated_snapshots, own.flagged_snapshots)
    assert counts == (4, 4, 0)
    moves = (own.converging_snapshots, own.diverging_snapshots, own.stable_snapshots)
    assert moves == (1, 1, 1)
    assert (own.latest_direction, own.latest_market_price) == ("REACHED", 0.8)
    assert (own.reached_at, own.last_hour) == (clock.now, clock.now - HOUR / 2)
    assert own.avg_convergence_rate == pytest.approx((0.03 - 0.01 + 0 + 0.08) / 4)
    assert own.max_convergence_rate == pytest.approx(0.08)
    assert own.cumulative_convergence == pytest.approx(0.10)
    assert own.interim_skill == pytest.approx(0.20**2 - 0.05**2)
    assert (own.valid_price, own.valid_at) == (0.8, clock.now)


def test_the_windows_open_with_the_market_s_own_quotes(
    made: Prediction, market: Market, prices: Prices, clock: Clock
) -> None:
    for hours in range(7):
        clock.now += HOUR
        prices.tell(market, f"0.{60 + hours}")
        run_done(clock, prices)
    one = Snapshot.objects.order_by("hour").last()
    assert one is not None
    assert one.convergence_1h == pytest.approx(0.01)
    assert one.convergence_6h == pytest.approx(0.06)
    assert one.convergence_24h is None


def test_what_is_seen_from_the_second_outcome_is_turned_round(
    market: Market, prices: Prices, clock: Clock
) -> None:
    made = make_prediction(
        make_experiment(), market, "0.30", outcome=1, market_price="0.40"
    )
    clock.now += HOUR
    prices.tell(market, "0.65")
    run_done(clock, prices)
    one = Snapshot.objects.get(prediction=made)
    assert (one.market_price_yes, one.market_price_no) == (0.65, 0.35)
    assert one.abs_delta == pytest.approx(0.05)
    assert one.movement_direction == "CONVERGING"
    assert Summary.objects.get(pk=made.pk).latest_market_price == 0.35


def test_a_flagged_price_is_kept_and_leaves_what_was_known(
    made: Prediction, market: Market, prices: Prices, clock: Clock
) -> None:
    for price, flags in (("0.63", 0), ("0.95", QuoteFlag.WIDE), ("0.66", 0)):
        clock.now += HOUR
        prices.tell(market, price, flags=flags)
        run_done(clock, prices)
    first, flagged, last = Snapshot.objects.order_by("hour")
    assert (flagged.flags, flagged.movement_direction) == (2, "")
    assert (flagged.market_price_yes, flagged.convergence_rate) == (0.95, None)
    assert first.convergence_rate == pytest.approx(0.03)
    assert last.convergence_rate == pytest.approx(0.03 / 2)  # over two hours
    own = Summary.objects.get(pk=made.pk)
    assert (own.total_snapshots, own.flagged_snapshots) == (3, 1)
    assert (own.converging_snapshots, own.reached_at) == (2, None)


def test_each_market_is_asked_once_however_many_pages_its_predictions_fill(
    market: Market, prices: Prices, clock: Clock
) -> None:
    experiment = make_experiment()
    other = make_market("snow")
    for one in (market, market, market, market, market, other):
        make_prediction(experiment, one)
    job = run_done(clock, prices, options=SMALL)
    assert (job.successful, job.markets_tracked) == (6, 2)
    asked = [one for call in prices.asked for one in call]
    assert sorted(asked) == sorted([market.pk, other.pk])


def test_a_market_that_does_not_answer_fails_its_predictions_alone(
    made: Prediction, prices: Prices, clock: Clock
) -> None:
    silent = make_market("snow")
    unheard = make_prediction(make_experiment("other"), silent)
    prices.broken[silent.pk] = "polymarket answered 500"
    job = run_done(clock, prices)
    assert (job.status, job.total_processed) == (JobStatus.COMPLETED, 2)
    assert (job.successful, job.failed, job.skipped) == (1, 1, 0)
    (error,) = job.errors
    assert error.prediction_id == str(unheard.pk)
    assert error.error == "polymarket answered 500"
    assert Snapshot.objects.get().prediction_id == made.pk


def test_what_failed_is_tried_again_within_the_hour_and_nothing_else(
    made: Prediction, prices: Prices, clock: Clock
) -> None:
    silent = make_market("snow")
    make_prediction(make_experiment("other"), silent)
    prices.broken[silent.pk] = "polymarket answered 500"
    run_done(clock, prices)
    prices.broken.clear()
    clock.now += timedelta(minutes=5)
    job = run_done(clock, prices)
    assert prices.asked[1:] == [(silent.pk,)]
    assert (job.takes, job.successful, job.failed) == (2, 2, 0)
    assert job.errors == ()
    assert run(clock, prices) is None


def test_a_market_is_tracked_once_however_often_its_hour_is_taken_up(
    made: Prediction, market: Market, prices: Prices, clock: Clock
) -> None:
    resting, silent = make_market("sleet"), make_market("snow")
    for number, one in enumerate((resting, silent)):
        make_prediction(make_experiment(f"other-{number}"), one)
    prices.tell(resting, "0.60", status="closed")
    run_done(clock, prices)  # its one last look
    clock.now += HOUR
    settle(market, 1, clock.now)
    prices.broken[silent.pk] = "polymarket answered 500"
    for take in (1, 2):
        job = run_done(clock, prices)
        assert (job.takes, job.markets_tracked) == (take, 2)
        assert (job.successful, job.failed, job.skipped) == (1, 1, 1)
    prices.broken.clear()
    prices.tell(silent, "0.61")
    job = run_done(clock, prices)
    assert (job.takes, job.markets_tracked, job.successful) == (3, 3, 2)


def test_an_hour_of_silence_fails_and_leaves_a_gap(
    made: Prediction, market: Market, prices: Prices, clock: Clock
) -> None:
    prices.tell(market, "0.63")
    prices.broken[market.pk] = "no answer within 10 s"
    job = run_done(clock, prices)
    assert (job.status, job.failed) == (JobStatus.FAILED, 1)
    assert job.reason == "None of 1 predictions could be looked at."
    prices.broken.clear()
    clock.now += HOUR
    assert run_done(clock, prices).successful == 1
    assert [one.hour.hour for one in Snapshot.objects.all()] == [13]
    assert Summary.objects.get().total_snapshots == 1


def test_an_hour_that_has_passed_is_refused(made: Prediction, clock: Clock) -> None:
    passed = NOW.replace(hour=11, minute=0)
    with pytest.raises(ConflictError, match="what was missed stays a gap"):
        claim_job(hour=passed, now=NOW, duration=HOUR)
    assert not BenchmarkJob.objects.exists()


def test_a_job_stops_where_its_hour_ends(
    market: Market, prices: Prices, clock: Clock
) -> None:
    experiment = make_experiment()
    for name in ("a", "b", "c", "d"):
        make_prediction(experiment, make_market(name))
    calls = iter([timedelta(), timedelta(minutes=31)])

    def wait() -> None:
        clock.now += next(calls)

    prices.before_answer = wait
    job = run_done(clock, prices, options=SMALL)
    assert (job.status, job.reason) == (JobStatus.FAILED, "The hour 12:00 is over.")
    assert job.successful == Snapshot.objects.count() == 2


def test_a_prediction_that_the_database_refuses_fails_alone(
    market: Market, prices: Prices, clock: Clock
) -> None:
    experiment = make_experiment()
    made = [make_prediction(experiment, market, f"0.{n}") for n in (71, 72, 73, 74)]
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE predictions_snapshot ADD CHECK (predicted_probability <> .73)"
        )
    job = run_done(clock, prices)
    assert (job.successful, job.failed, job.total_processed) == (3, 1, 4)
    (error,) = job.errors
    assert error.prediction_id == str(made[2].pk)
    assert error.error.endswith(
        'violates check constraint "predictions_snapshot_predicted_probability_check"'
    )
    assert Snapshot.objects.count() == 3


def test_a_look_apart_is_no_job_and_the_job_leaves_its_snapshot(
    made: Prediction, market: Market, prices: Prices, clock: Clock
) -> None:
    make_prediction(make_experiment("other"), market)
    tally = look_apart(Scope(prediction_id=made.pk), clock=clock, refresh=prices)
    assert (tally.total.successful, BenchmarkJob.objects.count()) == (1, 0)
    again = look_apart(Scope(prediction_id=made.pk), clock=clock, refresh=prices)
    assert again.total.total_processed == 0
    job = run_done(clock, prices)
    assert (job.successful, Snapshot.objects.count()) == (1, 2)
    assert set(Summary.objects.values_list("total_snapshots", flat=True)) == {1}


def test_a_paused_prediction_is_not_looked_at(
    made: Prediction, prices: Prices, clock: Clock
) -> None:
    Summary.objects.update(benchmark_status="PAUSED")
    job = run_done(clock, prices)
    assert (job.total_processed, Snapshot.objects.count()) == (0, 0)
    assert job.status is JobStatus.COMPLETED


def test_a_price_of_an_hour_before_is_not_taken_for_this_one(
    made: Prediction, market: Market, prices: Prices, clock: Clock
) -> None:
    clock.now += HOUR
    job = run_done(clock, prices)  # the market has its price of half past noon
    assert (job.skipped, job.successful) == (1, 0)
    assert not Snapshot.objects.exists()
