from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from apps.accounts.models import Membership
from apps.accounts.registry import Subject
from apps.predictions.models import AskRun
from apps.predictions.selectors.own_data import export_predictions
from tests.markets.make import NOW
from tests.predictions.make import make_experiment

if TYPE_CHECKING:
    from apps.accounts.models import User, Workspace
    from tests.accounts.cast import Cast

pytestmark = pytest.mark.django_db


def make_asking(name: str, workspace: Workspace, person: User) -> AskRun:
    return AskRun.objects.create(
        name=name,
        workspace=workspace,
        created_by=person,
        trigger="api",
        prompt_version="v1",
        seed=1,
        created_at=NOW,
    )


def export(person: User) -> dict[str, list[dict[str, Any]]]:
    files: dict[str, Any] = dict(export_predictions(Subject(user_id=person.pk)))
    return {name: list(file.rows) for name, file in files.items()}


def test_whoever_belongs_to_a_workspace_exports_what_they_began_there(
    cast: Cast,
) -> None:
    made: dict[str, Any] = {"workspace": cast.workspace, "created_by": cast.teammate}
    make_experiment("ours", description="how we do it", **made)
    make_experiment("another", workspace=cast.workspace, created_by=cast.owner)
    make_experiment("operator", created_by=cast.teammate)
    make_asking("asked", cast.workspace, cast.teammate)
    rows = export(cast.teammate)
    told = {one["name"]: one["description"] for one in rows["experiments.jsonl"]}
    assert told == {"ours": "how we do it", "operator": ""}
    assert [one["name"] for one in rows["askings.jsonl"]] == ["asked"]


def test_whoever_has_left_a_workspace_exports_ids_and_titles_alone(cast: Cast) -> None:
    made: dict[str, Any] = {"workspace": cast.workspace, "created_by": cast.teammate}
    ours = make_experiment("ours", title="Ours", description="secret", **made)
    asked = make_asking("asked", cast.workspace, cast.teammate)
    Membership.objects.get(workspace=cast.workspace, user=cast.teammate).delete()
    rows = export(cast.teammate)
    assert rows["experiments.jsonl"] == [{"id": ours.pk, "title": "Ours"}]
    assert rows["askings.jsonl"] == [{"id": asked.pk, "name": "asked"}]
