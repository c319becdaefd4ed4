"""Beginning, naming and publishing experiments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from apps.accounts.selectors.workspaces import ANONYMOUS, Viewer, get_viewer
from apps.core.errors import ConflictError, InvalidFieldsError, NotFoundError
from apps.core.ids import new_id
from apps.predictions.domain.words import BenchmarkStatus, ExperimentKind
from apps.predictions.models import Experiment, Summary
from apps.predictions.selectors.predictions import (
    ExperimentRow,
    get_experiment,
    get_named_experiment,
    get_prediction,
    list_experiments,
    list_predictions,
    may_write,
)
from apps.predictions.services.experiments import (
    create_experiment,
    publish_experiment,
    rename_experiment,
)
from tests.markets.make import NOW, make_market
from tests.predictions.make import make_experiment, make_prediction

if TYPE_CHECKING:
    from tests.accounts.cast import Cast

pytestmark = pytest.mark.django_db

OPERATOR = Viewer(is_staff=True)


def create(**values: Any) -> ExperimentRow:
    fields = {"workspace_id": None, "name": "gut", "kind": ExperimentKind.SUBMITTED}
    return create_experiment(**{"now": NOW, **fields, **values})


def test_an_experiment_is_begun_with_what_it_is_made_by(cast: Cast) -> None:
    made = create(
        workspace_id=cast.workspace.pk,
        title="From the gut",
        method="Tea leaves",
        prompt_version="3",
        parameters={"cups": 2},
        created_by_id=cast.owner.pk,
    )
    assert get_experiment(get_viewer(cast.viewer, NOW), made.id) == made
    assert (made.label, made.method, made.parameters) == (
        "From the gut",
        "Tea leaves",
        {"cups": 2},
    )
    assert (made.head_hash, made.predictions_made, made.is_public) == ("", 0, False)


def test_the_operators_are_public_from_the_beginning() -> None:
    made = create()
    assert (made.is_public, made.published_at) == (True, NOW)
    assert get_experiment(ANONYMOUS, made.id) == made


def test_a_name_is_taken_once_in_each_workspace(cast: Cast) -> None:
    create()
    with pytest.raises(ConflictError, match="an experiment 'gut' already"):
        create()
    create(workspace_id=cast.workspace.pk)
    with pytest.raises(ConflictError, match="an experiment 'gut' already"):
        create(workspace_id=cast.workspace.pk)
    assert Experiment.objects.count() == 2


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": "no spaces"}, "name"),
        ({"name": ""}, "name"),
        ({"name": "a\0"}, "name"),
        ({"name": "n" * 101}, "name"),
        ({"title": "t" * 201}, "title"),
        ({"description": "\ud800"}, "description"),
        ({"parameters": {"t": float("nan")}}, "parameters"),
        ({"parameters": {"t\0": 1}}, "parameters"),
        ({"parameters": {"t": "p" * 20_000}}, "parameters"),
        ({"description": "d" * 20_001}, "description"),
    ],
)
def test_a_value_of_the_wrong_form_is_refused(
    values: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidFieldsError) as caught:
        create(**values)
    assert [one.where for one in caught.value.faults] == [field]
    assert Experiment.objects.count() == 0


def test_a_title_is_changed_and_the_name_stays() -> None:
    made = create(title="Gut")
    renamed = rename_experiment(experiment_id=made.id, title="Belly")
    assert (renamed.name, renamed.title) == ("gut", "Belly")
    assert get_experiment(OPERATOR, made.id) == renamed
    with pytest.raises(InvalidFieldsError):
        rename_experiment(experiment_id=made.id, title="t" * 201)
    with pytest.raises(NotFoundError):
        rename_experiment(experiment_id=new_id(), title="Belly")


def test_what_is_published_is_everybody_s(cast: Cast) -> None:
    made = create(workspace_id=cast.workspace.pk)
    with pytest.raises(NotFoundError):
        get_experiment(ANONYMOUS, made.id)
    publish_experiment(experiment_id=made.id, now=NOW)
    assert get_experiment(ANONYMOUS, made.id).is_public is True
    with pytest.raises(NotFoundError):
        publish_experiment(experiment_id=new_id(), now=NOW)


def test_a_name_is_looked_up_in_its_workspace_alone(cast: Cast) -> None:
    made = create(workspace_id=cast.workspace.pk)
    own = cast.workspace.pk
    assert get_named_experiment(get_viewer(cast.viewer, NOW), own, "gut") == made
    for viewer, workspace_id in (
        (get_viewer(cast.viewer, NOW), None),
        (ANONYMOUS, own),
    ):
        with pytest.raises(NotFoundError, match="There is no experiment 'gut'"):
            get_named_experiment(viewer, workspace_id, "gut")


def test_members_who_may_run_may_write_and_the_operator_s_is_the_staff_s(
    cast: Cast,
) -> None:
    may = {
        n: may_write(get_viewer(p, NOW), cast.workspace.pk)
        for n, p in cast.everyone.items()
    }
    assert may == {
        "owner": True,
        "admin": True,
        "member": True,
        "viewer": False,
        "stranger": False,
    }
    assert may_write(OPERATOR, None) is True
    assert may_write(OPERATOR, cast.workspace.pk) is False
    assert may_write(get_viewer(cast.owner, NOW), None) is False


def test_experiments_are_listed_page_by_page_newest_first(cast: Cast) -> None:
    made = [create(name=f"e{n}") for n in range(5)]
    create(name="hidden", workspace_id=cast.workspace.pk)
    first = list_experiments(ANONYMOUS, limit=3)
    assert [row.id for row in first.rows] == [one.id for one in made[:1:-1]]
    second = list_experiments(ANONYMOUS, limit=3, cursor=first.next_cursor)
    assert [row.id for row in second.rows] == [made[1].id, made[0].id]
    assert second.next_cursor is None
    viewer = get_viewer(cast.viewer, NOW)
    own = list_experiments(viewer, workspace_id=cast.workspace.pk)
    assert [row.name for row in own.rows] == ["hidden"]
    assert list_experiments(viewer, kind=ExperimentKind.MODEL).rows == ()


def test_predictions_are_listed_by_experiment_market_and_status(cast: Cast) -> None:
    rain, snow = make_market("rain"), make_market("snow")
    shared, own = (
        make_experiment("shared"),
        make_experiment("own", workspace=cast.workspace),
    )
    a, b = make_prediction(shared, rain), make_prediction(shared, snow)
    c = make_prediction(own, rain)
    Summary.objects.filter(pk=b.pk).update(benchmark_status="PAUSED")
    member = get_viewer(cast.viewer, NOW)

    def listed(viewer: Viewer, **filters: Any) -> list[Any]:
        return [row.id for row in list_predictions(viewer, **filters).rows]

    assert listed(member) == [c.pk, b.pk, a.pk]
    assert listed(ANONYMOUS) == [b.pk, a.pk]
    assert listed(member, market_id=rain.pk) == [c.pk, a.pk]
    assert listed(member, experiment_id=shared.pk) == [b.pk, a.pk]
    assert listed(ANONYMOUS, experiment_id=own.pk) == []
    assert listed(member, status=BenchmarkStatus.PAUSED) == [b.pk]
    with pytest.raises(NotFoundError):
        get_prediction(ANONYMOUS, c.pk)
    assert get_prediction(member, c.pk).workspace_id == cast.workspace.pk


def test_a_cursor_that_a_viewer_may_not_see_leads_nowhere(cast: Cast) -> None:
    own, market = make_experiment("own", workspace=cast.workspace), make_market()
    make_prediction(make_experiment(), market)
    hidden = make_prediction(own, market)
    assert list_predictions(ANONYMOUS, cursor=hidden.pk).rows == ()
    member = list_predictions(get_viewer(cast.viewer, NOW), cursor=hidden.pk)
    assert len(member.rows) == 1


@pytest.mark.parametrize("filters", ["", "experiment_id"])
def test_pages_of_predictions_lead_on_in_two_queries(
    filters: str, django_assert_num_queries: Any
) -> None:
    experiment, market = make_experiment(), make_market()
    made = [make_prediction(experiment, market).pk for _ in range(5)]
    only: dict[str, Any] = {filters: experiment.pk} if filters else {}
    with django_assert_num_queries(2):
        first = list_predictions(ANONYMOUS, limit=3, **only)
        second = list_predictions(ANONYMOUS, limit=3, cursor=first.next_cursor, **only)
    assert [row.id for row in (*first.rows, *second.rows)] == made[::-1]
    assert second.next_cursor is None
