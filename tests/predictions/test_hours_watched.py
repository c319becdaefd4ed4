from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from redis import Redis

from apps.accounts.selectors.workspaces import ANONYMOUS, get_viewer
from apps.core.live import CHANNEL_PREFIX
from apps.core.metrics import render_metrics
from apps.predictions.models import BenchmarkJob, Summary
from apps.predictions.pipelines.hourly import run_hour
from apps.predictions.selectors.health import check_hours
from apps.predictions.selectors.jobs import list_missing_hours
from apps.predictions.selectors.metrics import (
    HOURS,
    JOB_PREDICTIONS,
    LAST_HOUR,
    MARKETS_TRACKED,
    MOVEMENTS,
    PREDICTIONS,
    read_predictions,
)
from apps.predictions.selectors.monitor import get_monitor, list_trending
from apps.predictions.selectors.watched import list_watched_markets
from tests.markets.make import NOW, make_market
from tests.predictions.hours import make_snapshot
from tests.predictions.make import make_experiment, make_prediction
from tests.predictions.prices import Clock, Prices

if TYPE_CHECKING:
    from datetime import datetime

    from apps.markets.models import Market
    from tests.accounts.cast import Cast

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
NOT_DUE = "no hour is due: nothing was predicted before it"
LATER = NOW + HOUR  # half past one


@pytest.fixture
def market() -> Market:
    return make_market(price="0.60")


def run_at(moment: datetime, market: Market, price: str = "0.63") -> None:
    prices = Prices()
    prices.tell(market, price)
    run_hour(clock=Clock(moment), refresh=prices)


def test_without_predictions_nothing_is_wrong() -> None:
    finding = check_hours(NOW)
    assert (finding.ok, finding.detail) == (True, NOT_DUE)
    assert list_missing_hours(since=NOW - 5 * HOUR, until=NOW) == ()


def test_an_hour_without_a_job_is_trouble_after_a_while(market: Market) -> None:
    make_prediction(make_experiment(), market)  # half past noon
    at_once = NOW.replace(hour=13, minute=19)
    assert check_hours(at_once).detail == NOT_DUE
    finding = check_hours(at_once + timedelta(minutes=1))
    assert (finding.ok, finding.detail) == (False, "no job in the hour 13:00")
    assert "stays a gap" in finding.advice


def test_an_hour_that_is_done_is_well(market: Market) -> None:
    make_prediction(make_experiment(), market)
    run_at(LATER, market)
    finding = check_hours(LATER)
    assert (finding.ok, finding.detail) == (True, "13:00: 1 looked at, 0 failed")
    assert not check_hours(LATER + HOUR).ok


@pytest.mark.parametrize(
    ("changes", "ok", "detail"),
    [
        ({"status": "failed", "reason": "gone"}, False, "13:00: 1 looked at, 0"),
        ({"status": "running", "lease_expires_at": NOW}, False, "fell silent"),
        ({"status": "running", "lease_expires_at": LATER + HOUR}, True, "1 so far"),
        ({"failed": 1, "total_processed": 2, "natures": None}, True, "1 failed"),
        ({"failed": 2, "total_processed": 3, "natures": None}, False, "2 failed"),
    ],
)
def test_a_job_is_judged_by_how_it_went(
    market: Market, changes: dict[str, object], ok: object, detail: str
) -> None:
    make_prediction(make_experiment(), market)
    run_at(LATER, market)
    BenchmarkJob.objects.update(**changes)
    finding = check_hours(LATER)
    assert finding.ok is ok
    assert detail in finding.detail


def test_missing_hours_are_listed_the_newest_first(market: Market) -> None:
    make_prediction(make_experiment(), market)
    run_at(NOW + 2 * HOUR, market)
    found = list_missing_hours(since=NOW - 9 * HOUR, until=NOW + 3 * HOUR)
    assert [hour.hour for hour in found] == [15, 13]


def test_prometheus_is_told_of_the_last_hour(market: Market) -> None:
    experiment = make_experiment()
    make_prediction(experiment, market)
    made = make_prediction(experiment, market)
    Summary.objects.filter(pk=made.pk).update(benchmark_status="PAUSED")
    run_at(LATER, market)
    read = {(one.metric, one.labels): one.value for one in read_predictions(LATER)}
    assert read[PREDICTIONS, ("active", "live")] == 1
    assert read[PREDICTIONS, ("paused", "live")] == 1
    assert read[MARKETS_TRACKED, ("live",)] == 1
    assert read[LAST_HOUR, ()] == LATER.replace(minute=0).timestamp()
    assert read[JOB_PREDICTIONS, ("successful", "live")] == 1
    assert read[MOVEMENTS, ("converging", "live")] == 1
    assert read[MOVEMENTS, ("none", "live")] == 0
    later = {
        one.labels: one.value
        for one in read_predictions(LATER + 3 * HOUR)
        if one.metric is HOURS
    }
    assert later == {("failed",): 0, ("missing",): 3}
    assert 'assay_source_up{source="predictions"} 1.0' in render_metrics().decode()


def test_the_monitor_counts_all_and_names_what_its_viewer_may_see(
    market: Market, cast: Cast
) -> None:
    small = make_market("snow", price="0.50")
    make_prediction(make_experiment(), small, "0.70")
    hidden = make_experiment("hidden", workspace=cast.workspace)
    theirs = make_prediction(hidden, market, "0.30", outcome=1, market_price="0.40")
    prices = Prices()
    for hours, rain, snow in ((1, "0.60", "0.50"), (2, "0.65", "0.52")):
        prices.tell(market, rain)
        prices.tell(small, snow)
        run_hour(clock=Clock(NOW + hours * HOUR), refresh=prices)
    public, own = get_monitor(ANONYMOUS), get_monitor(get_viewer(cast.owner, NOW))
    assert (public.active_predictions, public.markets_tracked) == (2, 2)
    assert public.last_job is not None
    assert dict(public.last_job.movements) == {"CONVERGING": 2}
    assert [one.question for one in public.trending] == ["Will there be snow?"]
    assert [one.market_id for one in own.trending] == [market.pk, small.pk]
    first = own.trending[0]
    assert (first.prediction_id, first.outcome) == (theirs.pk, "No")
    assert (first.market_price, first.experiment) == (0.35, "hidden")
    assert first.convergence_1h == pytest.approx(0.05)


def test_trending_is_looked_for_once_however_much_is_hidden(
    market: Market, cast: Cast, django_assert_num_queries: Any
) -> None:
    hidden = make_experiment("hidden", workspace=cast.workspace)
    hour = NOW.replace(minute=0)
    for _ in range(25):
        moved = make_prediction(hidden, market)
        make_snapshot(moved, hour, 0.70, convergence_1h=0.10)
    shown = make_prediction(make_experiment(), market)
    make_snapshot(shown, hour, 0.61, convergence_1h=0.01)
    with django_assert_num_queries(2):
        (trend,) = list_trending(ANONYMOUS, hour, most=1)
    assert trend.prediction_id == shown.pk
    theirs = list_trending(get_viewer(cast.owner, NOW), hour, most=30)
    assert len(theirs) == 26
    assert theirs[-1] == trend


def test_an_hour_that_ends_is_announced(market: Market) -> None:
    make_prediction(make_experiment(), market)
    client = Redis.from_url(settings.REDIS_URL)
    with client.pubsub() as watch:  # type: ignore[no-untyped-call]
        watch.subscribe(f"{CHANNEL_PREFIX}predictions")
        watch.get_message(timeout=2)
        run_at(LATER, market)
        frame = watch.get_message(timeout=2)
    assert frame is not None
    said = json.loads(frame["data"])
    assert (said["hour"], said["status"]) == ("2026-11-24T13:00:00Z", "completed")
    assert (said["successful"], said["movements"]) == (1, {"CONVERGING": 1})


def test_a_backtest_is_nobodys_hour(market: Market) -> None:
    played = make_experiment("played", is_backtest=True)
    made = make_prediction(played, market, created_at=NOW - 9 * HOUR)
    make_snapshot(made, NOW, 0.9, convergence_1h=0.3)
    assert list_missing_hours(since=NOW - 5 * HOUR, until=NOW) == ()
    assert check_hours(NOW + HOUR).detail == NOT_DUE
    assert list_watched_markets() == set()
    monitor = get_monitor(ANONYMOUS)
    assert (monitor.active_predictions, monitor.markets_tracked) == (0, 0)
    assert list_trending(ANONYMOUS, NOW, most=10) == ()
    told = {(one.metric.name, one.value) for one in read_predictions(NOW)}
    assert told == {
        (PREDICTIONS.name, 0),
        (MARKETS_TRACKED.name, 0),
        (HOURS.name, 0),
    }
