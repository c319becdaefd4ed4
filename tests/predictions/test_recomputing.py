from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from apps.accounts.selectors.workspaces import ANONYMOUS, get_viewer
from apps.markets.domain.markets import Nature, VenueKind
from apps.predictions.models import Attempt, Experiment, ExperimentScore, ScorePair
from apps.predictions.selectors.leaderboard import BoardRow, BoardSort, get_leaderboard
from apps.predictions.services.own_erasure import remove_experiment
from apps.predictions.services.scores import recompute_scores
from tests.markets.make import NOW, make_market, make_venue
from tests.predictions.make import make_experiment, make_prediction
from tests.predictions.scored import look, make_markets, predict_all, settle

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

    from apps.markets.models import Market
    from tests.accounts.cast import Cast

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(days=20)
# Of twelve events nine come: a market at 0.60 asks too little for them.
VALUES = [1.0] * 9 + [0.0] * 3


def rows(sort: BoardSort = BoardSort.SKILL) -> dict[str, BoardRow]:
    board = get_leaderboard(ANONYMOUS, sort=sort)
    return {row.experiment: row for row in board.rows}


def make_three(markets: list[Market]) -> None:
    """A knowing, a copying and a contrary experiment on the same markets."""
    knowing = [0.9 if value else 0.2 for value in VALUES]
    contrary = [0.3 if value else 0.9 for value in VALUES]
    for name, shares in (
        ("knowing", knowing),
        ("copying", [0.605] * 12),
        ("contrary", contrary),
    ):
        predict_all(make_experiment(name), markets, shares, VALUES)
    recompute_scores(now=LATER)


def test_the_board_ranks_by_what_was_gained_over_the_market() -> None:
    make_three(make_markets(12))
    found = rows()
    assert list(found) == ["knowing", "copying", "contrary"]
    knowing = found["knowing"]
    expected = (9 * (0.16 - 0.01) + 3 * (0.36 - 0.04)) / 12
    assert knowing.skill == pytest.approx(expected)
    assert knowing.skill == knowing.settled_skill
    assert (knowing.n, knowing.events, knowing.settled) == (12, 12, 12)
    assert (knowing.rank_low, knowing.rank_high) == (1, 1)
    assert (found["contrary"].rank_low, found["contrary"].rank_high) == (3, 3)
    assert knowing.shrunken_skill is not None
    assert 0 < knowing.shrunken_skill < expected
    assert not knowing.is_provisional
    assert knowing.brier == pytest.approx((9 * 0.01 + 3 * 0.04) / 12)
    assert knowing.market_brier == pytest.approx((9 * 0.16 + 3 * 0.36) / 12)


def test_only_who_is_better_by_more_than_luck_beats_the_market() -> None:
    make_three(make_markets(12))
    found = rows()
    beats = {name: row.beats_market for name, row in found.items()}
    assert beats == {"knowing": True, "copying": False, "contrary": False}
    shares = [found[name].copier_share for name in found]
    assert shares == [0.0, 1.0, 0.0]


def test_what_is_not_settled_counts_provisionally_by_the_newest_price() -> None:
    markets = make_markets(12)
    made = predict_all(make_experiment(), markets, [0.8] * 12, [1.0] * 6 + [None] * 6)
    for prediction in made[6:]:
        look(prediction, 0.7)
    recompute_scores(now=LATER)
    row = rows()["gut-feeling"]
    assert row.is_provisional
    assert (row.waiting, row.settled, row.n) == (6, 6, 12)
    assert row.interim_skill == pytest.approx(0.0)
    assert row.settled_skill == pytest.approx(0.16 - 0.04)
    assert row.skill == pytest.approx(0.06)
    assert row.beats_market is None  # six settled events are too few to say


def test_an_event_counts_once_however_many_markets_it_has() -> None:
    one_event = make_markets(12, per_event=12)
    predict_all(make_experiment(), one_event, [0.9] * 12, [1.0] * 12)
    recompute_scores(now=LATER)
    row = rows()["gut-feeling"]
    assert (row.n, row.events) == (12, 1)
    assert (row.rank_low, row.rank_high, row.shrunken_skill) == (None, None, None)


def test_void_markets_are_counted_and_score_nothing() -> None:
    predict_all(make_experiment(), make_markets(3), [0.9] * 3, [1.0, 0.5, None])
    recompute_scores(now=LATER)
    row = rows()["gut-feeling"]
    assert (row.predictions, row.settled, row.void, row.n) == (3, 1, 1, 1)


def test_live_recorded_and_simulated_are_never_put_together() -> None:
    experiment = make_experiment()
    tape = make_venue("old", kind=VenueKind.TAPE.value, nature=Nature.RECORDED.value)
    settle(make_prediction(experiment, make_market("live"), "0.9"), 1.0)
    settle(make_prediction(experiment, make_market("taped", venue=tape), "0.9"), 0.0)
    recompute_scores(now=LATER)
    live = get_leaderboard(ANONYMOUS, nature=Nature.LIVE).rows
    taped = get_leaderboard(ANONYMOUS, nature=Nature.RECORDED).rows
    assert [row.skill for row in live] == [pytest.approx(0.15)]
    assert [row.skill for row in taped] == [pytest.approx(-0.45)]
    assert get_leaderboard(ANONYMOUS, nature=Nature.SIMULATED).rows == ()


def test_backtests_stand_on_a_board_of_their_own() -> None:
    market = make_market()
    settle(make_prediction(make_experiment("ahead"), market, "0.9"), 1.0)
    settle(make_prediction(make_experiment("behind", is_backtest=True), market), 1.0)
    recompute_scores(now=LATER)
    assert list(rows()) == ["ahead"]
    behind = get_leaderboard(ANONYMOUS, is_backtest=True).rows
    assert [row.experiment for row in behind] == ["behind"]


def test_private_experiments_are_ranked_for_their_members_alone(cast: Cast) -> None:
    markets = make_markets(12)
    make_three(markets)
    own = make_experiment("own", workspace=cast.workspace)
    predict_all(own, markets, [0.99 if v else 0.01 for v in VALUES], VALUES)
    recompute_scores(now=LATER)
    assert "own" not in rows()
    assert rows()["knowing"].rank_low == 1
    seen = get_leaderboard(get_viewer(cast.viewer, NOW)).rows
    assert seen[0].experiment == "own"
    assert [row.rank_low for row in seen][:2] == [1, 2]
    assert seen[0].is_private
    assert len(get_leaderboard(get_viewer(cast.stranger, NOW)).rows) == 3


def test_boards_are_sorted_by_what_is_asked_for_and_ranked_by_skill() -> None:
    markets = make_markets(12)
    late = predict_all(
        make_experiment("late"), markets, [0.8] * 12, [0.0] * 12, created_at=LATER
    )
    soon = predict_all(make_experiment("soon"), markets, [0.5] * 12, [0.0] * 12)
    for prediction in (*late, *soon):
        look(prediction, 0.75)
    recompute_scores(now=LATER)
    orders = {sort: list(rows(sort)) for sort in BoardSort}
    assert orders[BoardSort.SKILL] == ["soon", "late"]
    assert orders[BoardSort.CONVERGENCE] == ["late", "soon"]
    assert orders[BoardSort.RECENT] == ["late", "soon"]
    assert rows(BoardSort.RECENT)["soon"].convergence == pytest.approx(-0.15)


def test_confidence_is_sorted_by_and_null_below_thirty() -> None:
    market = make_markets(30)
    experiment = make_experiment("sure")
    for i, one in enumerate(market):
        value = float(i >= 15)
        made = make_prediction(experiment, one, "0.9", confidence=str(i))
        settle(made, value)
    settle(make_prediction(make_experiment("shy"), market[20], confidence="5"), 1.0)
    recompute_scores(now=LATER)
    found = rows(BoardSort.CONFIDENCE)
    assert list(found) == ["sure", "shy"]
    assert found["sure"].confidence_rho == pytest.approx(0.866, abs=1e-3)
    assert (found["shy"].confidence_rho, found["shy"].confidence_n) == (None, 1)


def test_a_board_is_read_with_two_queries(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    make_three(make_markets(12))
    with django_assert_num_queries(2):
        assert len(get_leaderboard(ANONYMOUS).rows) == 3


def test_only_what_has_changed_is_computed_anew() -> None:
    first, second = make_experiment("first"), make_experiment("second")
    prediction = make_prediction(first, make_market())
    make_prediction(second, make_market("snow"))
    assert recompute_scores(now=NOW + timedelta(hours=1)) == 2
    assert recompute_scores(now=NOW + timedelta(hours=2)) == 0
    look(prediction, 0.7, hours=3)
    assert recompute_scores(now=NOW + timedelta(hours=4)) == 1
    computed = dict(
        ExperimentScore.objects.values_list("experiment__name", "computed_at")
    )
    assert computed == {
        "first": NOW + timedelta(hours=4),
        "second": NOW + timedelta(hours=1),
    }


def test_computing_twice_changes_nothing() -> None:
    make_three(make_markets(12))
    once = list(ExperimentScore.objects.order_by("pk").values())
    pairs = set(ScorePair.objects.values_list("first", "second", "difference", "p"))
    ids = list(Experiment.objects.values_list("pk", flat=True))
    assert recompute_scores(now=LATER, experiment_ids=ids) == 3
    assert list(ExperimentScore.objects.order_by("pk").values()) == once
    found = set(ScorePair.objects.values_list("first", "second", "difference", "p"))
    assert found == pairs
    assert len(pairs) == 3


def test_refusals_and_costs_are_on_the_board() -> None:
    experiment, market = make_experiment(), make_market()
    make_prediction(experiment, market)
    for outcome, cost in (("ok", "0.01"), ("refused", "0.002")):
        Attempt.objects.create(
            experiment=experiment, market=market, sample=1, outcome=outcome, cost=cost
        )
    recompute_scores(now=LATER)
    row = rows()["gut-feeling"]
    assert (row.attempts, row.refusals, str(row.cost)) == (2, 1, "0.01200000")


def test_an_erased_experiment_leaves_the_board() -> None:
    make_three(make_markets(12))
    remove_experiment(experiment_id=Experiment.objects.get(name="knowing").pk)
    assert list(rows()) == ["copying", "contrary"]
    assert ScorePair.objects.count() == 1
