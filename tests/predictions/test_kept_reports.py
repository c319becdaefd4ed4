"""Reports that the second reader gets without computing them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from apps.accounts.selectors.workspaces import ANONYMOUS
from apps.core.errors import NotFoundError
from apps.markets.domain.markets import Nature, VenueKind
from apps.predictions.models import Summary
from apps.predictions.selectors.reports import get_report
from apps.predictions.selectors.visible import SYSTEM
from tests.markets.make import make_market, make_venue
from tests.predictions.make import make_experiment, make_prediction
from tests.predictions.scored import look, make_markets, predict_all

if TYPE_CHECKING:
    from django.test import Client

    from apps.predictions.models import Experiment, Prediction
    from tests.accounts.cast import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def experiment() -> Experiment:
    return make_experiment()


@pytest.fixture
def made(experiment: Experiment) -> list[Prediction]:
    shares, values = [0.9, 0.8, 0.2, 0.7], [1.0, 0.0, 0.5, None]
    return predict_all(experiment, make_markets(4), shares, values)


def is_computed(experiment: Experiment) -> bool:
    """Ask for the report, and tell whether all summaries were read for it."""
    with CaptureQueriesContext(connection) as asked:
        get_report(SYSTEM, experiment.pk)
    return any("predicted_probability" in one["sql"] for one in asked)


def test_a_second_reader_gets_the_same_bytes_and_computes_nothing(
    experiment: Experiment, made: list[Prediction], client: Client
) -> None:
    path = f"/api/v1/experiments/{experiment.pk}/report"
    first = client.get(path)
    assert not is_computed(experiment)
    assert client.get(path).content == first.content
    assert first.json()["report"]["counts"]["predictions"] == 4
    assert get_report(SYSTEM, experiment.pk) == get_report(ANONYMOUS, experiment.pk)


def test_a_new_look_changes_the_report(
    experiment: Experiment, made: list[Prediction]
) -> None:
    assert get_report(SYSTEM, experiment.pk).report.interim_skill.n == 0
    look(made[3], 0.65)
    assert get_report(SYSTEM, experiment.pk).report.interim_skill.n == 1


def test_a_new_prediction_changes_the_report(
    experiment: Experiment, made: list[Prediction]
) -> None:
    assert is_computed(experiment)
    make_prediction(experiment, make_market("snow"))
    assert get_report(SYSTEM, experiment.pk).report.counts.predictions == 5


def test_a_change_that_is_seen_after_a_later_one_counts(
    experiment: Experiment, made: list[Prediction]
) -> None:
    look(made[3], 0.65, hours=500)
    assert is_computed(experiment)
    Summary.objects.filter(pk=made[0].pk).update(
        updated_at=F("updated_at") - timedelta(microseconds=1)
    )
    assert is_computed(experiment)
    assert not is_computed(experiment)


def test_each_nature_has_a_report_of_its_own(experiment: Experiment) -> None:
    tape = make_venue("old", kind=VenueKind.TAPE.value, nature=Nature.RECORDED.value)
    for market in (make_market("taped", venue=tape), *make_markets(2)):
        make_prediction(experiment, market)
    for _ in range(2):
        for nature, count in ((Nature.LIVE, 2), (Nature.RECORDED, 1)):
            found = get_report(SYSTEM, experiment.pk, nature)
            assert found.report.counts.predictions == count
        other = get_report(SYSTEM, experiment.pk, Nature.SIMULATED)
        assert other.report.counts.predictions == 0


def test_a_kept_report_of_a_private_experiment_is_no_stranger_s(cast: Cast) -> None:
    own = make_experiment("own", workspace=cast.workspace)
    make_prediction(own, make_market())
    assert is_computed(own)
    assert not is_computed(own)
    with pytest.raises(NotFoundError):
        get_report(ANONYMOUS, own.pk)
