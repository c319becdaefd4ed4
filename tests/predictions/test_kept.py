from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import DatabaseError, connection, transaction

from apps.accounts.registry import Subject
from apps.accounts.selectors.workspaces import ANONYMOUS, get_viewer
from apps.predictions.models import Experiment, Prediction
from apps.predictions.selectors.visible import (
    get_visible_experiments,
    get_visible_predictions,
)
from apps.predictions.services.own_erasure import erase_predictions
from tests.markets.make import NOW, make_market
from tests.predictions.make import make_experiment, make_prediction

if TYPE_CHECKING:
    from tests.accounts.cast import Cast

pytestmark = pytest.mark.django_db
# Has the database fail where an experiment is deleted.
REFUSE = """
CREATE FUNCTION refuse() RETURNS trigger AS $$
BEGIN RAISE EXCEPTION 'The disk is full'; END
$$ LANGUAGE plpgsql;
CREATE TRIGGER refuse BEFORE DELETE ON predictions_experiment
FOR EACH ROW EXECUTE FUNCTION refuse();
"""


def test_a_prediction_can_neither_be_changed_nor_removed() -> None:
    made = make_prediction(make_experiment(), make_market())
    rows = Prediction.objects.filter(pk=made.pk)
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        rows.update(reasoning="I knew it")
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        rows.delete()
    made.refresh_from_db()
    assert made.reasoning == ""


def test_the_predictions_of_a_workspace_are_its_members_alone(cast: Cast) -> None:
    market = make_market()
    shared = make_prediction(make_experiment("shared"), market)
    own = make_experiment("own", workspace=cast.workspace)
    theirs = make_prediction(own, market)
    for viewer, seen in (
        (get_viewer(cast.viewer, NOW), {shared.pk, theirs.pk}),
        (get_viewer(cast.stranger, NOW), {shared.pk}),
        (ANONYMOUS, {shared.pk}),
    ):
        found = get_visible_predictions(viewer)
        assert set(found.values_list("pk", flat=True)) == seen
        assert get_visible_experiments(viewer).count() == len(seen)
    Experiment.objects.filter(pk=own.pk).update(is_public=True, published_at=NOW)
    assert get_visible_predictions(ANONYMOUS).count() == 2


def test_erasing_a_workspace_takes_its_predictions_and_no_others(cast: Cast) -> None:
    market = make_market()
    kept = make_prediction(make_experiment("shared"), market)
    own = make_experiment("own", workspace=cast.workspace, created_by=cast.owner)
    make_prediction(own, market)
    erase_predictions(Subject(workspace_id=cast.workspace.pk), NOW)
    assert list(Prediction.objects.values_list("pk", flat=True)) == [kept.pk]
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        Prediction.objects.all().delete()


def test_an_erasure_that_fails_says_why_and_leaves_predictions_kept(cast: Cast) -> None:
    own = make_experiment("own", workspace=cast.workspace)
    made = make_prediction(own, make_market())
    with connection.cursor() as cursor:
        cursor.execute(REFUSE)
    with pytest.raises(DatabaseError, match="The disk is full"), transaction.atomic():
        erase_predictions(Subject(workspace_id=cast.workspace.pk), NOW)
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        Prediction.objects.filter(pk=made.pk).delete()
    assert Prediction.objects.get().pk == made.pk
