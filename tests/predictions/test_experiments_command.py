"""`manage.py predictions experiments`, and finding one by what it is called."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from apps.accounts.selectors.workspaces import ANONYMOUS, get_viewer
from apps.core.errors import InvalidInputError, NotFoundError
from apps.predictions.selectors.naming import find_experiment
from tests.accounts.cast import NOW as CAST_NOW
from tests.markets.make import NOW, make_market
from tests.predictions.make import make_experiment, make_prediction

if TYPE_CHECKING:
    from django.test import Client

    from tests.accounts.cast import Cast

pytestmark = pytest.mark.django_db
API = "/api/v1/predictions"


def run(*words: str) -> str:
    stdout = StringIO()
    call_command("predictions", "experiments", *words, stdout=stdout)
    return stdout.getvalue()


def test_each_is_listed_with_what_other_commands_take(cast: Cast) -> None:
    own = make_experiment("gut", workspace=cast.workspace)
    model = make_experiment("haiku", kind="model", is_backtest=True)
    make_prediction(model, make_market())
    first, second = run().splitlines()[1:]
    assert first.split() == [
        *(str(model.pk), "haiku", "model,", "backtest", "1", "the", "operator"),
        *(f"{NOW:%Y-%m-%d}", f"{NOW:%H:%M}"),
    ]
    assert second.split()[:5] == [
        *(str(own.pk), "gut", "submitted", "0", f"{cast.workspace.pk},"),
    ]
    assert "private" in second


def test_json_is_one_document_of_those_that_are_wanted(cast: Cast) -> None:
    own = make_experiment("gut", workspace=cast.workspace, title="Guts")
    make_experiment("haiku", kind="model")
    wanted = ("--workspace", str(cast.workspace.pk), "--kind", "submitted", "--json")
    (found,) = json.loads(run(*wanted))["experiments"]
    assert found == {
        "experiment_id": str(own.pk),
        "experiment": "gut",
        "title": "Guts",
        "kind": "submitted",
        "model": "",
        "is_backtest": False,
        "is_public": False,
        "workspace_id": str(cast.workspace.pk),
        "predictions": 0,
        "created_at": "2026-11-24T12:30:00Z",
    }
    assert json.loads(run("--kind", "ensemble", "--json")) == {"experiments": []}
    assert run("--kind", "ensemble") == "There are no experiments.\n"


def test_a_name_is_ones_own_before_it_is_the_operators(cast: Cast) -> None:
    operators = make_experiment("gut")
    own = make_experiment("gut", workspace=cast.workspace)
    viewer = get_viewer(cast.viewer, CAST_NOW)
    assert find_experiment(viewer, "gut").id == own.pk
    assert find_experiment(viewer, str(operators.pk)).id == operators.pk
    assert find_experiment(ANONYMOUS, "gut").id == operators.pk


def test_a_name_of_several_is_refused_and_of_none_that_is_seen_too(cast: Cast) -> None:
    other = cast.stranger.workspaces.get()
    for workspace in (cast.workspace, other):
        make_experiment("gut", workspace=workspace, is_public=True)
    with pytest.raises(InvalidInputError, match="several are named 'gut': give an id"):
        find_experiment(ANONYMOUS, "gut")
    make_experiment("secret", workspace=cast.workspace)
    for name in ("secret", "a\0"):
        with pytest.raises(NotFoundError, match="give its id or its name"):
            find_experiment(ANONYMOUS, name)


def test_predictions_are_listed_by_an_experiments_name_or_id(client: Client) -> None:
    market = make_market()
    wanted = make_experiment("wanted")
    made = make_prediction(wanted, market)
    make_prediction(make_experiment("other"), market)
    for named in ("wanted", str(wanted.pk)):
        found = client.get(f"{API}?experiment={named}").json()["items"]
        assert [one["id"] for one in found] == [str(made.pk)]
    refused = client.get(f"{API}?experiment=unheard-of")
    said = "There is no experiment 'unheard-of': give its id or its name."
    assert (refused.status_code, refused.json()["detail"]) == (404, said)


def test_the_file_of_predictions_tells_what_became_of_each(client: Client) -> None:
    made = make_prediction(make_experiment(), make_market(), reference="mine-1")
    ended: dict[str, Any] = {"brier": 0.0625, "skill": 0.0975, "value": 1.0}
    type(made.summary).objects.filter(pk=made.summary.pk).update(
        latest_market_price=0.7,
        settled_at=timezone.now() - timedelta(hours=1),
        **ended,
    )
    for address in ("/api/v1/predictions.csv", "/predictions/all.csv"):
        head, line = client.get(address).content.decode().splitlines()
        row = dict(zip(head.split(","), line.split(","), strict=True))
        assert row["reference"] == "mine-1"
        assert row["latest_market_price"] == "0.7"
        assert {name: float(row[name]) for name in ended} == ended
