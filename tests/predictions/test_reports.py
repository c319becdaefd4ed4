from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from apps.accounts.selectors.workspaces import ANONYMOUS
from apps.core.errors import InvalidInputError, NotFoundError
from apps.markets.domain.markets import Nature, VenueKind
from apps.predictions.domain.betting import Staking
from apps.predictions.models import Experiment, Summary
from apps.predictions.selectors.market_skills import read_market_skills
from apps.predictions.selectors.reports import (
    ExperimentReport,
    compare_experiments,
    get_report,
)
from tests.markets.make import NOW, make_market, make_venue
from tests.predictions.make import make_experiment, make_prediction
from tests.predictions.scored import look, make_markets, predict_all, settle

if TYPE_CHECKING:
    from tests.accounts.cast import Cast

pytestmark = pytest.mark.django_db


def report_of(experiment: Experiment) -> ExperimentReport:
    return get_report(ANONYMOUS, experiment.pk)


def test_an_experiment_without_predictions_says_why_everything_is_missing() -> None:
    found = report_of(make_experiment())
    assert (found.nature, found.natures) == (None, ())
    report = found.report
    assert report.counts.predictions == 0
    for figure, reason in (
        (report.skill_so_far, "no prediction has been looked at with a valid price"),
        (report.settled.brier, "nothing is settled yet"),
        (report.settled.skill, "nothing is settled yet"),
        (report.settled.confidence, "nothing is settled yet"),
        (report.time_to_convergence.median_hours, "no prediction has been looked at"),
        (report.profit[0].profit_per_unit, "no settled prediction had both a bid"),
    ):
        assert (figure.value, figure.n) == (None, 0)
        assert figure.reason.startswith(reason)
    assert report.direction is None
    assert (report.settled.murphy, report.settled.calibration) == (None, None)


def test_settled_predictions_are_scored_with_their_n() -> None:
    experiment = make_experiment()
    shares, values = [0.9, 0.7, 0.8, 0.2], [1.0, 1.0, 0.0, 0.0]
    predict_all(experiment, make_markets(4), shares, values)
    report = report_of(experiment).report
    settled = report.settled
    assert (settled.brier.n, settled.brier.events) == (4, 4)
    assert settled.brier.value == pytest.approx((0.01 + 0.09 + 0.64 + 0.04) / 4)
    assert settled.market_brier.value == pytest.approx((0.16 + 0.16 + 0.36 + 0.36) / 4)
    assert settled.skill.value == pytest.approx((1.04 - 0.78) / 4)
    assert settled.skill_score.value == pytest.approx(1 - 0.78 / 1.04)
    assert settled.closing_skill.value is None
    assert settled.closing_skill.reason.endswith("from before the close")
    assert settled.murphy is not None
    assert settled.murphy.base_rate == 0.5
    assert [one.n for one in settled.bins] == [0, 0, 1, 0, 0, 0, 0, 1, 1, 1]
    assert not report.is_provisional
    assert report.skill_so_far.value == settled.skill.value


def test_the_close_is_a_harder_reference_than_the_start() -> None:
    prediction = make_prediction(make_experiment(), make_market(), "0.75")
    settle(prediction, 1.0, closing=0.95)
    found = report_of(prediction.experiment).report.settled
    assert found.skill.value == pytest.approx(0.0975)
    assert found.closing_skill.value == pytest.approx(0.05**2 - 0.0625)


def test_open_predictions_make_a_report_provisional() -> None:
    made = predict_all(
        make_experiment(), make_markets(3), [0.8, 0.8, 0.8], [1.0, 0.5, None]
    )
    look(made[2], 0.7)
    report = report_of(made[0].experiment).report
    counts = report.counts
    assert report.is_provisional
    assert (counts.settled, counts.void, counts.open) == (1, 1, 1)
    assert (counts.looked_at, counts.settled_events) == (1, 1)
    assert report.interim_skill.value == pytest.approx(0.0)
    assert report.skill_so_far.value == pytest.approx(0.06)
    assert [one.is_provisional for one in report.top] == [False]


def test_a_pause_keeps_no_interim_skill_but_settled_skill_counts() -> None:
    markets = make_markets(3)
    made = predict_all(make_experiment(), markets, [0.8, 0.8, 0.8], [1.0, None, None])
    for one in made[1:]:
        look(one, 0.7)
    Summary.objects.filter(pk=made[2].pk).update(benchmark_status="PAUSED")
    report = report_of(made[0].experiment).report
    assert (report.interim_skill.n, report.skill_so_far.n) == (1, 2)
    (skills,), _ = read_market_skills([made[0].experiment_id], Nature.LIVE)
    assert set(skills) == {markets[0].pk, markets[1].pk}
    Summary.objects.filter(pk=made[0].pk).update(benchmark_status="PAUSED")
    assert report_of(made[0].experiment).report.skill_so_far.n == 2


def test_bets_are_made_at_bid_and_ask_with_fees_and_void_pays_its_half() -> None:
    fees = {"rate": "0.07", "exponent": "1"}
    markets = make_markets(2, fees=fees)
    made = predict_all(make_experiment(), markets, [0.75, 0.9], [1.0, 0.5])
    flat, kelly = report_of(made[0].experiment).report.profit
    cost = 0.605 + 0.07 * 0.605 * 0.395
    assert (flat.staking, kelly.staking) == (Staking.FLAT, Staking.QUARTER_KELLY)
    assert flat.bets == 2
    assert flat.profit == pytest.approx(1 / cost - 1 + 0.5 / cost - 1)
    assert kelly.staked == pytest.approx(0.25 * (0.75 + 0.9 - 2 * cost) / (1 - cost))
    assert flat.per_unit_year == pytest.approx(flat.profit / (2 * 240 / 8766))


def test_a_fee_is_rounded_as_its_venue_rounds_it() -> None:
    fees = {"rate": "0.07", "rounds_up_to": "0.01"}
    markets = make_markets(1, fees=fees)
    made = predict_all(make_experiment(), markets, [0.75], [1.0])
    flat = report_of(made[0].experiment).report.profit[0]
    assert flat.fees == pytest.approx(0.0270)  # 2.6905 dollars of a hundred
    assert flat.profit == pytest.approx((1 - 0.0270) / 0.605 - 1)


def test_a_market_whose_fee_nobody_knows_has_no_bet() -> None:
    markets = make_markets(1, fees=None) + make_markets(1)
    made = predict_all(make_experiment(), markets, [0.75, 0.75], [1.0, 1.0])
    flat = report_of(made[0].experiment).report.profit[0]
    assert (flat.bets, flat.unquoted, flat.fees) == (1, 1, 0)


def test_a_prediction_of_the_second_outcome_is_paid_what_that_one_pays() -> None:
    prediction = make_prediction(
        make_experiment(),
        make_market(),
        "0.55",
        outcome=1,
        market_price="0.4",
        market_bid="0.395",
        market_ask="0.405",
    )
    settle(prediction, 0.25)
    flat = report_of(prediction.experiment).report.profit[0]
    assert flat.profit == pytest.approx(0.25 / 0.405 - 1)


def test_time_to_convergence_keeps_those_that_have_not_got_there() -> None:
    made = predict_all(make_experiment(), make_markets(5), [0.8] * 5, [None] * 5)
    for place, hours in enumerate((10.0, 30.0, 50.0, 60.0)):
        look(made[place], 0.7, hours=hours)
    reached = Summary.objects.filter(pk__in=[made[0].pk, made[1].pk])
    reached.filter(pk=made[0].pk).update(reached_at=NOW + timedelta(hours=10))
    reached.filter(pk=made[1].pk).update(reached_at=NOW + timedelta(hours=30))
    found = report_of(made[0].experiment).report.time_to_convergence
    assert (found.median_hours.value, found.median_hours.low) == (30.0, 10.0)
    assert (found.median_hours.n, found.reached) == (4, 2)
    assert found.shares["24h"].value == pytest.approx(0.25)
    assert found.shares["7d"].value is None
    assert found.shares["7d"].reason == "nothing was watched for so long"


def test_who_agreed_from_the_start_is_in_no_convergence() -> None:
    made = predict_all(make_experiment(), make_markets(2), [0.61, 0.8], [None, None])
    for prediction in made:
        look(prediction, 0.7)
    report = report_of(made[0].experiment).report
    assert report.convergence.points.n == 1
    assert report.convergence.points.value == pytest.approx(0.1)
    assert report.convergence.percentage.value == pytest.approx(50.0)
    assert report.direction is not None
    assert (report.direction.accuracy, report.direction.n) == (1.0, 1)
    assert report.direction.null == 0.5


def test_top_and_poor_performers_share_nobody() -> None:
    values = [1.0] * 4 + [0.0] * 3
    made = predict_all(make_experiment(), make_markets(7), [0.8] * 7, values)
    report = report_of(made[0].experiment).report
    assert [one.prediction_id for one in report.top] == [one.pk for one in made[:4]]
    assert [one.skill for one in report.poor] == [pytest.approx(-0.28)] * 3
    assert {one.prediction_id for one in report.poor} == {one.pk for one in made[4:]}


def test_natures_are_reported_apart_live_ones_first_then_the_most() -> None:
    experiment = make_experiment()
    tape = make_venue("old", kind=VenueKind.TAPE.value, nature=Nature.RECORDED.value)
    make_prediction(experiment, make_market("taped", venue=tape))
    assert report_of(experiment).nature is Nature.RECORDED
    made_up = make_venue(
        "drawn", kind=VenueKind.SIMULATED.value, nature=Nature.SIMULATED.value
    )
    for name in ("one", "two"):
        make_prediction(experiment, make_market(name, venue=made_up))
    assert report_of(experiment).nature is Nature.SIMULATED
    make_prediction(experiment, make_market("live"))
    found = report_of(experiment)
    assert (found.nature, found.natures) == (
        Nature.LIVE,
        tuple(Nature),
    )
    assert found.report.counts.predictions == 1


def test_two_experiments_are_compared_on_what_both_predicted() -> None:
    first, second = make_experiment("first"), make_experiment("second")
    markets = make_markets(4)
    predict_all(first, markets[:3], [0.9, 0.8, 0.7], [1.0, 1.0, None])
    predict_all(second, markets[1:], [0.6, 0.6, 0.6], [1.0, None, None])
    found = compare_experiments(ANONYMOUS, first.pk, second.pk)
    assert found.settled.difference == pytest.approx(0.16 - 0.04)
    assert (found.settled.markets, found.settled.p) == (1, None)
    assert found.so_far.markets == 1


def test_an_experiment_is_not_compared_with_itself() -> None:
    one = make_experiment("one")
    with pytest.raises(InvalidInputError, match="name another one"):
        compare_experiments(ANONYMOUS, one.pk, one.pk)


def test_a_private_experiment_has_no_report_for_strangers(cast: Cast) -> None:
    own = make_experiment("own", workspace=cast.workspace)
    with pytest.raises(NotFoundError):
        report_of(own)
