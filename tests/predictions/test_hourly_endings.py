from __future__ import annotations

from datetime import timedelta
from math import log
from typing import TYPE_CHECKING

import pytest

from apps.markets.domain.markets import QuoteFlag
from apps.predictions.models import Snapshot, Summary
from apps.predictions.pipelines.hourly import run_hour
from apps.predictions.services.rebuilding import rebuild_summaries
from apps.predictions.services.steering import pause_prediction, resume_prediction
from tests.markets.make import NOW, make_market
from tests.predictions.make import make_experiment, make_prediction
from tests.predictions.prices import Clock, Prices, settle

if TYPE_CHECKING:
    from apps.markets.models import Market
    from apps.predictions.models import Prediction

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def market() -> Market:
    return make_market(price="0.60")


@pytest.fixture
def made(market: Market) -> Prediction:
    return make_prediction(make_experiment(), market, "0.75")


class Hours:
    """Hours that follow one another, each with its price."""

    def __init__(self) -> None:
        self.prices, self.clock = Prices(), Clock(NOW)

    def run(self) -> tuple[int, int, int]:
        self.clock.now += HOUR
        job = run_hour(clock=self.clock, refresh=self.prices)
        assert job is not None
        return job.successful, job.failed, job.skipped


def test_a_market_that_closes_has_one_last_look_and_converges_no_further(
    made: Prediction, market: Market
) -> None:
    hours = Hours()
    hours.prices.tell(market, "0.65")
    assert hours.run() == (1, 0, 0)
    hours.prices.tell(market, "0.99", status="proposed")
    assert hours.run() == (1, 0, 0)
    assert hours.run() == (0, 0, 1)
    last = Snapshot.objects.order_by("hour").last()
    assert last is not None
    assert (last.market_closed, last.flags) == (True, int(QuoteFlag.CLOSED))
    assert (last.movement_direction, last.convergence_rate) == ("", None)
    own = Summary.objects.get()
    assert (own.total_snapshots, own.flagged_snapshots) == (2, 1)
    assert (own.market_closed, own.market_resolved) == (True, False)
    assert (own.valid_price, own.reached_at) == (0.65, None)
    assert own.cumulative_convergence == pytest.approx(0.05)
    assert own.benchmark_status == "ACTIVE"


@pytest.mark.parametrize(("payout", "price"), [(1, "0.99"), (0, "0.01")])
def test_a_settlement_scores_the_prediction_and_completes_it(
    made: Prediction, market: Market, payout: int, price: str
) -> None:
    hours = Hours()
    hours.prices.tell(market, "0.65")
    hours.run()
    hours.prices.tell(market, price, status="closed")
    hours.run()
    hours.prices.told.clear()
    settle(market, payout, hours.clock.now)
    assert hours.run() == (1, 0, 0)
    assert hours.run() == (0, 0, 0)
    own = Summary.objects.get()
    assert (own.benchmark_status, own.market_resolved) == ("COMPLETED", True)
    assert (own.value, own.is_void) == (payout, False)
    assert (own.closing_price, own.settled_at) == (0.65, hours.clock.now - 2 * HOUR)
    assert own.brier == pytest.approx((0.75 - payout) ** 2)
    assert own.log_score == pytest.approx(-log(0.75 if payout else 0.25))
    assert own.skill == pytest.approx((0.60 - payout) ** 2 - (0.75 - payout) ** 2)
    assert own.closing_skill == pytest.approx(
        (0.65 - payout) ** 2 - (0.75 - payout) ** 2
    )
    assert own.total_snapshots == Snapshot.objects.count() == 2


def test_a_settlement_seen_at_the_first_look_keeps_that_look_too(
    made: Prediction, market: Market
) -> None:
    hours = Hours()
    hours.prices.tell(market, "0.99", status="resolved")
    settle(market, 1, NOW)
    assert hours.run() == (1, 0, 0)
    one, own = Snapshot.objects.get(), Summary.objects.get()
    assert (one.market_closed, one.market_resolved) == (True, True)
    assert (own.benchmark_status, own.total_snapshots) == ("COMPLETED", 1)
    assert own.closing_price == 0.60  # no later price was seen before it closed


def test_of_the_second_outcome_the_other_payout_counts(market: Market) -> None:
    make_prediction(make_experiment(), market, "0.30", outcome=1, market_price="0.40")
    settle(market, 1, NOW)
    assert Hours().run() == (1, 0, 0)
    own = Summary.objects.get()
    assert own.value == 0
    assert own.brier == pytest.approx(0.09)
    assert own.skill == pytest.approx(0.16 - 0.09)


def test_a_void_market_completes_without_a_score_and_is_counted(
    made: Prediction, market: Market
) -> None:
    settle(market, None, NOW)
    assert Hours().run() == (1, 0, 0)
    own = Summary.objects.get()
    assert (own.benchmark_status, own.is_void, own.value) == ("COMPLETED", True, None)
    scores = (own.brier, own.log_score, own.skill, own.closing_skill)
    assert scores == (None, None, None, None)


def test_a_pause_does_not_escape_the_settlement(
    made: Prediction, market: Market
) -> None:
    Summary.objects.update(benchmark_status="PAUSED")
    hours = Hours()
    hours.prices.tell(market, "0.65")
    assert hours.run() == (0, 0, 0)
    settle(market, 0, NOW)
    assert hours.run() == (0, 0, 0)
    own = Summary.objects.get()
    assert own.benchmark_status == "COMPLETED"
    assert own.brier == pytest.approx(0.5625)


@pytest.mark.parametrize(("later", "kept"), [(6, 0.65), (7, None)])
def test_a_price_from_before_a_pause_is_the_last_one_for_a_few_hours_only(
    made: Prediction, market: Market, later: int, kept: float | None
) -> None:
    hours = Hours()
    hours.prices.tell(market, "0.65")
    hours.run()
    Summary.objects.update(benchmark_status="PAUSED")
    seen_at = hours.clock.now
    hours.clock.now += later * HOUR
    hours.prices.told.clear()
    settle(market, 1, seen_at + later * HOUR)
    hours.run()
    own = Summary.objects.get()
    assert (own.benchmark_status, own.closing_price) == ("COMPLETED", kept)
    gained = None if kept is None else pytest.approx((kept - 1) ** 2 - 0.0625)
    assert own.closing_skill == gained
    assert own.skill == pytest.approx(0.16 - 0.0625)


def resumed_after_the_close(made: Prediction, market: Market, hours: Hours) -> None:
    """Pause after a good look, let the market turn and close, and resume."""
    hours.prices.tell(market, "0.74")
    hours.run()
    pause_prediction(prediction_id=made.pk, now=hours.clock.now)
    hours.prices.tell(market, "0.50")
    hours.run()
    hours.prices.tell(market, "0.10", status="closed", flags=int(QuoteFlag.CLOSED))
    hours.run()
    resume_prediction(prediction_id=made.pk, now=hours.clock.now)


def test_a_resume_after_the_close_does_not_bring_the_skill_before_the_pause_back(
    made: Prediction, market: Market
) -> None:
    hours = Hours()
    resumed_after_the_close(made, market, hours)
    own = Summary.objects.get()
    assert (own.benchmark_status, own.market_closed) == ("ACTIVE", True)
    assert own.interim_skill is None
    assert hours.run() == (0, 0, 1)
    assert rebuild_summaries(now=hours.clock.now) == 1
    own.refresh_from_db()
    assert (own.interim_skill, own.valid_price) == (None, 0.74)


@pytest.mark.parametrize("is_resumed", [True, False])
def test_the_price_at_the_close_is_the_markets_whatever_was_paused(
    made: Prediction, market: Market, *, is_resumed: bool
) -> None:
    hours = Hours()
    resumed_after_the_close(made, market, hours)
    if not is_resumed:
        pause_prediction(prediction_id=made.pk, now=hours.clock.now)
    settle(market, 0, hours.clock.now)
    hours.prices.told.clear()
    hours.run()
    own = Summary.objects.get()
    assert (own.benchmark_status, own.closing_price) == ("COMPLETED", 0.50)
    assert own.closing_skill == pytest.approx(0.25 - 0.5625)


def test_a_look_after_a_resume_tells_skill_and_the_last_price_again(
    made: Prediction, market: Market
) -> None:
    hours = Hours()
    pause_prediction(prediction_id=made.pk, now=NOW)
    resume_prediction(prediction_id=made.pk, now=NOW)
    hours.prices.tell(market, "0.65")
    hours.run()
    assert Summary.objects.get().interim_skill == pytest.approx(0.0025 - 0.01)
    hours.clock.now += timedelta(days=3)  # nobody has looked since
    hours.prices.told.clear()
    settle(market, 1, hours.clock.now)
    hours.run()
    assert Summary.objects.get().closing_price == 0.65


def test_a_market_found_closed_without_a_price_is_marked_closed(
    made: Prediction, market: Market
) -> None:
    type(market).objects.update(status="closed")
    assert Hours().run() == (0, 0, 1)
    own = Summary.objects.get()
    assert (own.market_closed, own.total_snapshots) == (True, 0)


def test_a_market_that_opens_again_is_looked_at_again(
    made: Prediction, market: Market
) -> None:
    hours = Hours()
    hours.prices.tell(market, "0.65", status="disputed")
    hours.run()
    hours.prices.tell(market, "0.66")
    assert hours.run() == (1, 0, 0)
    own = Summary.objects.get()
    assert (own.market_closed, own.latest_market_price) == (False, 0.66)
