from __future__ import annotations

from datetime import timedelta
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pytest

from apps.accounts.models import Membership, Workspace
from apps.accounts.selectors.workspaces import (
    ANONYMOUS,
    Viewer,
    get_viewer,
    list_neighbours,
)
from apps.markets.domain.markets import Nature
from apps.predictions.models import Experiment, ExperimentScore, ScorePair
from apps.predictions.selectors.leaderboard import get_leaderboard
from apps.predictions.services.experiments import publish_experiment
from apps.predictions.services.own_erasure import remove_experiment
from apps.predictions.services.score_pairs import BlockSize, store_pairs
from apps.predictions.services.scores import recompute_scores
from tests.markets.make import NOW
from tests.predictions.make import make_experiment
from tests.predictions.scored import look, make_markets, predict_all

if TYPE_CHECKING:
    from apps.markets.models import Market
    from tests.accounts.cast import Cast

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=20)
VALUES = [1.0] * 9 + [0.0] * 3 + [1.0, 0.0]

Kept = dict[frozenset[str], tuple[float, ...]]


@pytest.fixture
def others() -> Workspace:
    return Workspace.objects.create(name="Others")


@pytest.fixture
def markets() -> list[Market]:
    return make_markets(14)


def fill(experiment: Experiment, markets: list[Market], seed: int) -> None:
    """Predict all markets but two of one's own choice, at random."""
    rng = np.random.default_rng(seed)
    chosen = sorted(rng.choice(14, 12, replace=False).tolist())
    predict_all(
        experiment,
        [markets[i] for i in chosen],
        rng.uniform(0.05, 0.95, 12).tolist(),
        [VALUES[i] for i in chosen],
    )


@pytest.fixture
def five(cast: Cast, others: Workspace, markets: list[Market]) -> list[str]:
    """Two public experiments, two of the cast's workspace, one of another."""
    owners = {
        "one": None,
        "two": None,
        "own": cast.workspace,
        "own-too": cast.workspace,
        "theirs": others,
    }
    for seed, (name, owner) in enumerate(owners.items()):
        fill(make_experiment(name, workspace=owner), markets, seed)
    recompute_scores(now=LATER)
    return list(owners)


def pairs() -> Kept:
    rows = ScorePair.objects.values_list(
        "first__name", "second__name", "difference", "p", "markets", "events"
    )
    # The order in which numbers are added leaves its mark on the last digits.
    return {
        frozenset((first, second)): (round(difference, 12), round(p, 12), *counts)
        for first, second, difference, p, *counts in rows
    }


def by_id() -> dict[int, frozenset[str]]:
    rows = ScorePair.objects.values_list("pk", "first__name", "second__name")
    return {pk: frozenset(names) for pk, *names in rows}


def compute(touched: list[str], **size: int) -> None:
    ids = Experiment.objects.filter(name__in=touched).values_list("pk", flat=True)
    store_pairs(
        nature=Nature.LIVE,
        is_backtest=False,
        touched=set(ids),
        size=BlockSize(**size),
    )


def test_private_experiments_of_two_workspaces_are_not_compared(
    five: list[str],
) -> None:
    met = {frozenset(pair) for pair in combinations(five, 2)}
    apart = {frozenset({"own", "theirs"}), frozenset({"own-too", "theirs"})}
    assert set(pairs()) == met - apart


def test_they_are_where_somebody_belongs_to_both(
    cast: Cast, others: Workspace, five: list[str]
) -> None:
    Membership.objects.create(workspace=others, user=cast.viewer)
    compute(["theirs"])
    assert len(pairs()) == 10
    found = list_neighbours([others.pk])[others.pk]
    assert found >= {others.pk, cast.workspace.pk}


@pytest.mark.parametrize("size", [{"experiments": 1}, {"predictions": 20}, {}])
@pytest.mark.parametrize("touched", [["one"], ["own", "two"], ["theirs"]])
def test_what_is_touched_alone_gives_what_all_would(
    five: list[str], touched: list[str], size: dict[str, int]
) -> None:
    whole, rows = pairs(), by_id()
    compute(touched, **size)
    assert pairs() == whole
    stayed = by_id().keys() & rows.keys()
    assert {rows[pk] for pk in stayed} == {
        pair for pair in whole if not pair & set(touched)
    }
    compute(five, experiments=2)
    assert pairs() == whole


def test_a_changed_experiment_changes_its_own_pairs_alone(
    five: list[str], markets: list[Market]
) -> None:
    before = pairs()
    own = Experiment.objects.get(name="own")
    for prediction in predict_all(own, markets[:3], [0.9] * 3, [None] * 3):
        look(prediction, 0.7, hours=24 * 21)
    assert recompute_scores(now=LATER) == 1
    changed = {pair for pair, kept in pairs().items() if kept != before[pair]}
    assert changed == {pair for pair in before if "own" in pair}
    after = pairs()
    recompute_scores(now=LATER, everything=True)
    assert pairs() == after


def test_what_is_published_meets_everybody(five: list[str]) -> None:
    theirs = Experiment.objects.get(name="theirs")
    publish_experiment(experiment_id=theirs.pk, now=LATER)
    recompute_scores(now=LATER)
    assert len(pairs()) == 10


def test_an_erased_experiment_takes_its_pairs_along(five: list[str]) -> None:
    remove_experiment(experiment_id=Experiment.objects.get(name="two").pk)
    left = pairs()
    assert len(left) == 4
    assert not any("two" in pair for pair in left)


def test_pairs_go_with_the_nature_that_an_experiment_has_no_more(
    five: list[str],
) -> None:
    one = Experiment.objects.get(name="one")
    one.summaries.all().delete()
    recompute_scores(now=LATER, experiment_ids=[one.pk])
    assert not ExperimentScore.objects.filter(experiment=one).exists()
    assert not any("one" in pair for pair in pairs())


def test_what_a_viewer_sees_does_not_hang_on_what_they_cannot_see(
    cast: Cast, others: Workspace, five: list[str], markets: list[Market]
) -> None:
    viewers = (ANONYMOUS, get_viewer(cast.viewer, NOW))
    before = [get_leaderboard(one) for one in viewers]
    assert [len(board.rows) for board in before] == [2, 4]
    best = [0.99 if value else 0.01 for value in VALUES]
    for number in range(6):
        hidden = make_experiment(f"hidden-{number}", workspace=others)
        predict_all(hidden, markets, best, VALUES)
    recompute_scores(now=LATER)
    assert [get_leaderboard(one) for one in viewers] == before
    assert len(get_leaderboard(Viewer(is_staff=True)).rows) == 11
