from __future__ import annotations

from decimal import Decimal
from uuid import uuid4

import pytest

from apps.accounts.models import Workspace
from apps.benchmarks.models import Run, Shard
from apps.benchmarks.selectors.shards import get_shard_plan
from apps.benchmarks.services.runs import cancel_run, resume_run
from apps.core.errors import ConflictError, InvalidInputError, NotFoundError
from tests.engine.cast import NOW, clock, make_model, make_run, make_suite

pytestmark = pytest.mark.django_db
NOWHERE = "http://127.0.0.1:9/v1"


def test_a_run_says_what_it_was_made_from() -> None:
    version = make_suite(3)
    run = Run.objects.get(pk=make_run(version, make_model(NOWHERE), epochs=2))
    manifest = run.manifest
    assert [task["key"] for task in manifest["tasks"]] == [
        "number/0",
        "number/1",
        "number/2",
    ]
    assert len(set(manifest["epoch_seeds"])) == 2
    assert manifest["suite"]["slug"] == "numbers"
    assert len(manifest["suite"]["content_hash"]) == 64
    assert manifest["models"][0]["sampling"] == {"temperature": 0.0}
    assert manifest["code"]["version"]
    assert manifest["packages"]["openai"]
    assert manifest["python"].startswith("3.")
    assert (run.samples, run.run_month.day) == (6, 1)


def test_each_model_has_its_own_part() -> None:
    version = make_suite(5)
    models = [make_model(NOWHERE, name) for name in ("a", "b")]
    run_id = make_run(version, *models, models[0], limit=2, epochs=3)
    shards = Shard.objects.filter(run=run_id)
    assert {shard.model_id: shard.samples for shard in shards} == {
        models[0]: 6,
        models[1]: 6,
    }


def test_a_limit_takes_the_first_tasks_and_a_draw_takes_any() -> None:
    version, model = make_suite(50), make_model(NOWHERE)
    first = Run.objects.get(pk=make_run(version, model, limit=4))
    assert [task["key"] for task in first.manifest["tasks"]] == [
        f"number/{n}" for n in range(4)
    ]
    drawn = [
        tuple(task["key"] for task in run.manifest["tasks"])
        for run in (
            Run.objects.get(pk=make_run(version, model, limit=4, draw=True))
            for _ in range(5)
        )
    ]
    assert all(len(set(keys)) == 4 for keys in drawn)
    assert len(set(drawn)) > 1


def test_an_estimate_is_told_where_every_price_is_known() -> None:
    version = make_suite(2)
    priced = make_model(NOWHERE, "priced", price=Decimal(10))
    unpriced = make_model(NOWHERE, "unpriced", price=None)
    run = Run.objects.get(pk=make_run(version, priced))
    # 25 characters are 7 tokens and 12 around them; 300 are expected back.
    assert run.estimated_cost == Decimal(2 * (7 + 12 + 300) * 10) / 1_000_000
    run = Run.objects.get(pk=make_run(version, priced, unpriced))
    assert run.estimated_cost is None
    assert run.manifest["estimate"]["note"] == "No price is known for fake/unpriced."


def test_a_cost_limit_needs_known_prices() -> None:
    version, model = make_suite(1), make_model(NOWHERE, "unpriced", price=None)
    with pytest.raises(InvalidInputError, match=r"fake/unpriced is unknown.*admin"):
        make_run(version, model, max_cost=Decimal(1))
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    "bad",
    [
        {"epochs": 0},
        {"epochs": 1001},
        {"limit": 0},
        {"max_cost": Decimal(-1)},
        {"max_cost": Decimal("NaN")},
        {"max_cost": Decimal("sNaN")},
        {"max_cost": Decimal("0.0000001")},
        {"max_cost": Decimal(1_000_000)},
        {"max_cost": Decimal("1e300")},
    ],
)
def test_a_number_out_of_range_starts_nothing(bad: dict[str, int]) -> None:
    version, model = make_suite(1), make_model(NOWHERE)
    with pytest.raises(InvalidInputError):
        make_run(version, model, **bad)
    assert not Run.objects.exists()


def test_a_run_needs_a_suite_and_models_that_exist() -> None:
    version, model = make_suite(1), make_model(NOWHERE)
    with pytest.raises(NotFoundError, match="model"):
        make_run(version, uuid4())
    with pytest.raises(NotFoundError, match="suite version"):
        make_run(uuid4(), model)
    with pytest.raises(InvalidInputError, match="at least one model"):
        make_run(version)


def test_a_run_over_a_private_suite_belongs_to_its_workspace() -> None:
    workspace = Workspace.objects.create(name="W")
    version = make_suite(1, slug="own", workspace_id=workspace.id, is_public=False)
    run = Run.objects.get(pk=make_run(version, make_model(NOWHERE)))
    assert run.workspace_id == workspace.id


def test_a_cancelled_run_has_nothing_left_waiting() -> None:
    run_id = make_run(make_suite(2), make_model(NOWHERE))
    cancel_run(run_id=run_id, now=NOW, reason="enough")
    cancel_run(run_id=run_id, now=clock(), reason="twice")
    run = Run.objects.get(pk=run_id)
    assert (run.status, run.status_reason, run.finished_at) == (
        "cancelled",
        "enough",
        NOW,
    )
    assert Shard.objects.get(run=run).status == "cancelled"


def test_a_cancelled_run_can_be_taken_up_again() -> None:
    run_id = make_run(make_suite(2), make_model(NOWHERE))
    cancel_run(run_id=run_id, now=NOW)
    resume_run(run_id=run_id, now=NOW, publish=False)
    shard = Shard.objects.get(run=run_id)
    assert (Run.objects.get(pk=run_id).status, shard.status) == ("queued", "pending")
    assert len(get_shard_plan(shard.id).todo) == 2


@pytest.mark.parametrize("cost", ["0.0000001", "2000000", "1e300"])
def test_a_limit_that_cannot_be_stored_resumes_nothing(cost: str) -> None:
    run_id = make_run(make_suite(2), make_model(NOWHERE))
    cancel_run(run_id=run_id, now=NOW)
    with pytest.raises(InvalidInputError, match="max cost is"):
        resume_run(run_id=run_id, now=NOW, max_cost=Decimal(cost), publish=False)
    assert Run.objects.get(pk=run_id).status == "cancelled"


def test_a_run_that_goes_on_is_not_resumed() -> None:
    run_id = make_run(make_suite(1), make_model(NOWHERE))
    with pytest.raises(ConflictError, match="still queued"):
        resume_run(run_id=run_id, now=NOW)
    with pytest.raises(NotFoundError):
        resume_run(run_id=uuid4(), now=NOW)
