from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import IntegrityError, transaction

from apps.accounts.selectors.workspaces import ANONYMOUS, get_viewer
from apps.predictions.models import Experiment, ExperimentScore
from apps.predictions.selectors.leaderboard import BoardRow, get_leaderboard
from apps.predictions.selectors.reports import get_report
from apps.predictions.services.experiments import publish_experiment
from apps.predictions.services.scores import recompute_scores
from tests.markets.make import NOW
from tests.predictions.make import make_experiment
from tests.predictions.scored import make_markets, predict_all

if TYPE_CHECKING:
    from datetime import datetime

    from django.test import Client

    from apps.accounts.selectors.workspaces import Viewer
    from tests.accounts.cast import Cast

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(days=20)
# Of twelve events nine come: a market at 0.60 asks too little for them.
VALUES = [1.0] * 9 + [0.0] * 3
KNOWING = [0.9 if value else 0.2 for value in VALUES]


def predict_knowing(experiment: Experiment, at: datetime = NOW) -> None:
    predict_all(experiment, make_markets(12), KNOWING, VALUES, created_at=at)


def row(name: str = "lucky", viewer: Viewer = ANONYMOUS) -> BoardRow:
    recompute_scores(now=LATER, everything=True)
    rows = {one.experiment: one for one in get_leaderboard(viewer).rows}
    return rows[name]


@pytest.fixture
def lucky(cast: Cast) -> Experiment:
    return make_experiment("lucky", workspace=cast.workspace)


def test_a_history_that_is_published_afterwards_never_beats_the_market(
    lucky: Experiment,
) -> None:
    predict_knowing(lucky)
    publish_experiment(experiment_id=lucky.pk, now=NOW + timedelta(days=11))
    found = row()
    assert (found.settled_events, found.public_events) == (12, 0)
    assert (found.published_afterwards, found.predictions) == (12, 12)
    assert (found.beats_market, found.beats_market_p) == (None, None)
    assert found.published_at == NOW + timedelta(days=11)


def test_who_published_before_anything_settled_chose_by_prices_all_the_same(
    lucky: Experiment,
) -> None:
    predict_knowing(lucky)
    publish_experiment(experiment_id=lucky.pk, now=NOW + timedelta(seconds=1))
    assert (row().published_afterwards, row().beats_market) == (12, None)


def test_what_is_predicted_in_public_alone_says_who_beats_the_market(
    lucky: Experiment,
) -> None:
    unlucky = [1 - share for share in KNOWING]
    predict_all(lucky, make_markets(12), unlucky, VALUES)
    publish_experiment(experiment_id=lucky.pk, now=NOW + timedelta(hours=1))
    predict_knowing(lucky, NOW + timedelta(hours=1))
    found = row()
    assert (found.settled_events, found.public_events) == (24, 12)
    assert found.published_afterwards == 12
    assert found.beats_market is True
    assert found.settled_skill is not None
    assert found.settled_skill < 0  # all of it counts there, and does not decide


def test_publishing_again_changes_nothing(lucky: Experiment) -> None:
    first = publish_experiment(experiment_id=lucky.pk, now=NOW)
    again = publish_experiment(experiment_id=lucky.pk, now=LATER)
    assert first.published_at == again.published_at == NOW


def test_taking_it_back_and_publishing_anew_counts_from_the_second_time(
    lucky: Experiment,
) -> None:
    publish_experiment(experiment_id=lucky.pk, now=NOW)
    predict_knowing(lucky, NOW + timedelta(hours=1))
    own = Experiment.objects.filter(pk=lucky.pk)
    with pytest.raises(IntegrityError), transaction.atomic():
        own.update(is_public=False)
    own.update(is_public=False, published_at=None)
    publish_experiment(experiment_id=lucky.pk, now=LATER)
    assert (row().published_afterwards, row().beats_market) == (12, None)


def test_publishing_is_reason_enough_to_compute_anew(lucky: Experiment) -> None:
    predict_knowing(lucky)
    recompute_scores(now=LATER)
    assert recompute_scores(now=LATER) == 0
    assert ExperimentScore.objects.get().published_afterwards == 12
    publish_experiment(experiment_id=lucky.pk, now=LATER)
    assert recompute_scores(now=LATER) == 1


def test_members_are_told_of_their_private_ones_among_those(
    cast: Cast, lucky: Experiment
) -> None:
    predict_knowing(lucky)
    predict_knowing(make_experiment("open"))
    viewer = get_viewer(cast.viewer, NOW)
    assert row("lucky", viewer).beats_market is True
    apart = row("open").beats_market_p
    assert apart is not None
    for number in range(3):
        private = make_experiment(f"own-{number}", workspace=cast.workspace)
        predict_all(private, make_markets(12), [0.6] * 12, VALUES)
    assert row("open").beats_market_p == apart
    assert row("open", viewer).beats_market_p == apart


def test_the_report_says_how_much_was_published_afterwards(
    cast: Cast, lucky: Experiment, client: Client
) -> None:
    predict_knowing(lucky)
    assert get_report(get_viewer(cast.viewer, NOW), lucky.pk).published_afterwards == 12
    publish_experiment(experiment_id=lucky.pk, now=NOW + timedelta(hours=1))
    predict_knowing(lucky, NOW + timedelta(hours=1))
    assert get_report(ANONYMOUS, lucky.pk).published_afterwards == 12
    told = client.get(f"/api/v1/experiments/{lucky.pk}/report").json()
    assert told["published_afterwards"] == 12
    assert told["experiment"]["published_at"] == "2026-11-24T13:30:00Z"
    page = client.get(f"/predictions/experiments/{lucky.pk}/").content.decode()
    assert "12 of 24 predictions, made before" in page


def test_boards_mark_what_was_published_afterwards(
    client: Client, lucky: Experiment
) -> None:
    predict_knowing(lucky)
    publish_experiment(experiment_id=lucky.pk, now=LATER)
    row()
    page = client.get("/predictions/").content.decode()
    mark = '<span class="tag unscored">published afterwards</span>'
    assert f'{mark}<span class="sub">12 of 12 predictions</span>' in page
    assert "too little settled in public" in page
    lines = client.get("/predictions.csv").content.decode().splitlines()
    cells = dict(zip(lines[0].split(","), lines[1].split(","), strict=True))
    assert (cells["published_afterwards"], cells["public_events"]) == ("12", "0")
    (told,) = client.get("/api/v1/predictions/leaderboard").json()["rows"]
    assert (told["published_afterwards"], told["beats_market"]) == (12, None)
