"""Figures say nothing that cannot be, and shares are of predictions everywhere."""

from __future__ import annotations

import numpy as np
import pytest

from apps.accounts.selectors.workspaces import ANONYMOUS
from apps.core.domain.intervals import wilson_interval
from apps.predictions.domain.figures import DIFFERENCE, mean_figure, share_figure
from apps.predictions.domain.pairing import compare_two, make_board
from apps.predictions.selectors.leaderboard import get_leaderboard
from apps.predictions.selectors.reports import get_report
from apps.predictions.services.scores import recompute_scores
from tests.markets.make import NOW, make_market
from tests.predictions.make import make_experiment, make_prediction
from tests.predictions.scored import look


def test_the_interval_of_a_skill_is_cut_to_what_a_skill_can_be() -> None:
    values = np.array([-0.25, -0.05])
    free = mean_figure(values, ["a", "b"])
    assert free.low is not None
    assert free.low < -1
    figure = mean_figure(values, ["a", "b"], within=DIFFERENCE)
    assert (figure.value, figure.low, figure.high) == (free.value, -1.0, 1.0)
    assert figure.p_above == free.p_above


def test_zero_is_no_hypothesis_where_nothing_can_be_below_it() -> None:
    figure = mean_figure(np.array([0.1, 0.3]), ["a", "b"], within=(0.0, 1.0))
    assert (figure.low, figure.high, figure.p_above) == (0.0, 1.0, None)


def test_the_interval_of_a_comparison_is_cut_too() -> None:
    board = make_board([{1: 0.9, 2: 0.1}, {1: 0.0, 2: 0.0}], {1: "a", 2: "b"})
    found = compare_two(board)
    assert (found.difference, found.low, found.high) == (0.5, -2.0, 2.0)


def test_a_share_weighs_each_prediction_the_same_and_counts_events() -> None:
    marked = np.array([True, False, False, False])
    figure = share_figure(marked, ["a", "b", "b", "b"])
    expected = wilson_interval(0.25 * 1.6, 1.6)  # 4² / (1² + 3²) trials
    assert (figure.value, figure.n, figure.events) == (0.25, 4, 2)
    assert (figure.low, figure.high) == (expected.low, expected.high)
    assert share_figure(np.empty(0, dtype=np.bool_), []).value is None


def test_the_interval_of_a_share_holds_where_one_event_outweighs_the_others() -> None:
    rng = np.random.default_rng(0)
    sizes = np.array([40] + [1] * 19)
    clusters = np.repeat(np.arange(20), sizes).tolist()
    held = 0
    for _ in range(400):
        figure = share_figure(np.repeat(rng.random(20) < 0.5, sizes), clusters)
        assert figure.low is not None
        assert figure.high is not None
        held += figure.low <= 0.5 <= figure.high
    assert held == 400


@pytest.mark.django_db
def test_copies_are_the_same_share_on_the_board_and_in_the_report() -> None:
    experiment = make_experiment()
    for place, (event, said) in enumerate(
        [("one", "0.605"), ("two", "0.9"), ("two", "0.8")]
    ):
        market = make_market(f"m{place}", event_id=event)
        look(make_prediction(experiment, market, said), 0.61)
    recompute_scores(now=NOW)
    (row,) = get_leaderboard(ANONYMOUS).rows
    copies = get_report(ANONYMOUS, experiment.pk).report.copies
    assert row.copier_share == copies.value == pytest.approx(1 / 3)


@pytest.mark.django_db
def test_where_nothing_is_settled_that_is_the_reason() -> None:
    prediction = make_prediction(make_experiment(), make_market(), "0.75")
    look(prediction, 0.61)
    report = get_report(ANONYMOUS, prediction.experiment_id).report
    for figure in (
        report.settled.market_brier,
        report.settled.skill,
        report.settled.closing_skill,
        report.settled.confidence,
    ):
        assert (figure.value, figure.reason) == (None, "nothing is settled yet")
