from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from django.db import connection

from apps.accounts.models import Workspace
from apps.benchmarks.domain.samples import SampleResult
from apps.benchmarks.domain.specs import Verdict
from apps.benchmarks.models import ModelDay, Result, Run, Shard, SuiteVersion, TaskDay
from apps.benchmarks.selectors.shards import get_shard_plan
from apps.benchmarks.services.leases import finish_shard
from apps.benchmarks.services.rollups import rebuild_rollups
from apps.benchmarks.services.runs import resume_run
from tests.engine.cast import (
    NOW,
    claim,
    clock,
    make_model,
    make_result,
    make_run,
    make_suite,
    read_rollups,
    store,
)

if TYPE_CHECKING:
    from uuid import UUID

pytestmark = pytest.mark.django_db
NOWHERE = "http://127.0.0.1:9/v1"
VERDICTS = (Verdict.PASS, Verdict.FAIL, Verdict.UNSCORED)


def test_totals_follow_the_results() -> None:
    run_id = make_run(make_suite(3), make_model(NOWHERE))
    lease = claim(run_id)
    todo = get_shard_plan(lease.shard_id).todo
    store(lease, *map(make_result, todo, VERDICTS))
    for row in (Run.objects.get(pk=run_id), Shard.objects.get(run=run_id)):
        assert (row.passed, row.failed, row.unscored) == (1, 1, 1)
        assert row.cost == Decimal("0.00000003")


def test_a_result_that_is_stored_already_is_not_counted_again() -> None:
    version = make_suite(2)
    run_id = make_run(version, make_model(NOWHERE))
    lease = claim(run_id)
    first, second = map(make_result, get_shard_plan(lease.shard_id).todo)
    store(lease, first)
    # The same once more, as after a commit whose answer was lost.
    store(lease, first, second)
    assert Run.objects.get(pk=run_id).passed == 2
    assert Result.objects.filter(run=run_id).count() == 2
    assert sum(day.scored for day in TaskDay.objects.all()) == 2


def test_a_result_is_read_back_as_it_was_stored() -> None:
    lease = claim(make_run(make_suite(1), make_model(NOWHERE)))
    (todo,) = get_shard_plan(lease.shard_id).todo
    given = make_result(
        todo,
        Verdict.FAIL,
        answer='{"a": "\\u0000 \\ %s ü 日 🙂"}\t\r\n\'; --',
        reason="wrong: ü",
        breakdown={"keys": {'"ü\\': [False, None, 0.1, 10**20]}},
        cost=Decimal("123456.00000001"),
        first_token_ms=0.1 + 0.2,
        input_tokens=None,
        created_at=NOW.replace(microsecond=123_457),
    )
    store(lease, given)
    kept = Result.objects.get()
    for name in set(SampleResult.__dataclass_fields__) - {"key"}:
        assert getattr(kept, name) == getattr(given, name), name
    assert (kept.task_id, kept.epoch) == (todo.key.task_id, todo.key.epoch)
    assert (kept.run_id, kept.model_id) == (lease.run_id, lease.model_id)
    assert (kept.is_final, kept.score) == (True, 0.0)
    assert kept.package_versions == {"assay": "0"}


def test_another_answer_to_a_finished_sample_is_dropped() -> None:
    version = make_suite(1)
    run_id = make_run(version, make_model(NOWHERE))
    lease = claim(run_id)
    (todo,) = get_shard_plan(lease.shard_id).todo
    store(lease, make_result(todo))
    store(lease, make_result(todo, Verdict.FAIL))
    run = Run.objects.get(pk=run_id)
    assert (run.passed, run.failed) == (1, 0)
    assert ModelDay.objects.get(suite_version=version).scored == 1


def test_a_new_attempt_takes_the_place_of_an_unscored_one() -> None:
    version = make_suite(1)
    run_id = make_run(version, make_model(NOWHERE))
    lease = claim(run_id)
    yesterday = clock() - timedelta(days=1)
    (todo,) = get_shard_plan(lease.shard_id).todo
    store(lease, make_result(todo, Verdict.UNSCORED, created_at=yesterday))
    finish_shard(lease=lease, status="done", now=clock())
    resume_run(run_id=run_id, now=clock(), publish=False)
    lease = claim(run_id)
    (again,) = get_shard_plan(lease.shard_id).todo
    assert again.attempt == 2
    store(lease, make_result(again))
    assert get_shard_plan(lease.shard_id).todo == ()
    assert Run.objects.get(pk=run_id).unscored == 0
    assert [day.unscored for day in ModelDay.objects.order_by("day")] == [0, 0]
    assert [day.costed for day in ModelDay.objects.order_by("day")] == [1, 1]


def test_results_of_a_workspace_are_not_in_the_public_rollups() -> None:
    workspace = Workspace.objects.create(name="W")
    run_id = make_run(make_suite(1), make_model(NOWHERE), workspace_id=workspace.id)
    lease = claim(run_id)
    store(lease, *map(make_result, get_shard_plan(lease.shard_id).todo))
    assert Run.objects.get(pk=run_id).passed == 1
    assert not TaskDay.objects.exists()
    assert not ModelDay.objects.exists()


def test_every_change_of_a_rollup_raises_the_revision() -> None:
    version = make_suite(2)
    lease = claim(make_run(version, make_model(NOWHERE)))
    for todo in get_shard_plan(lease.shard_id).todo:
        before = SuiteVersion.objects.get(pk=version).revision
        store(lease, make_result(todo))
        assert SuiteVersion.objects.get(pk=version).revision > before


def _store_in_pieces(version: UUID, models: list[UUID]) -> None:
    """Store two runs of odd results, a few at a time, over some days."""
    for _ in range(2):
        run_id = make_run(version, *models, epochs=3)
        for model in models:
            lease = claim(run_id, model)
            todo = get_shard_plan(lease.shard_id).todo
            for start in range(0, len(todo), 5):
                store(
                    lease,
                    *(
                        make_result(
                            one,
                            VERDICTS[(start + n) % 3],
                            created_at=NOW + timedelta(hours=7 * (start + n)),
                            cost=None if n == 1 else Decimal(n) / 10**8,
                            input_tokens=None if n == 2 else 7,
                            working_ms=1.7**n,
                        )
                        for n, one in enumerate(todo[start : start + 5])
                    ),
                )


def test_rollups_kept_in_step_equal_rollups_computed_afresh() -> None:
    version = make_suite(7)
    _store_in_pieces(version, [make_model(NOWHERE, name) for name in "ab"])
    kept = read_rollups(version)
    assert len(kept[0]) > 20
    assert sum(row["scored"] for row in kept[1]) == 56
    rebuild_rollups(suite_version_id=version)
    assert read_rollups(version) == kept


@pytest.mark.django_db(transaction=True)
def test_workers_that_store_at_once_lose_nothing_and_wait_for_nobody_forever() -> None:
    version = make_suite(12)
    models = [make_model(NOWHERE, name) for name in "abcd"]
    runs = [make_run(version, *models) for _ in range(2)]
    leases = [claim(run_id, model) for run_id in runs for model in models]

    def work(number: int) -> None:
        lease = leases[number]
        for todo in get_shard_plan(lease.shard_id).todo:
            store(lease, make_result(todo, VERDICTS[number % 3]))
        finish_shard(lease=lease, status="done", now=clock())
        connection.close()

    with ThreadPoolExecutor(len(leases)) as pool:
        list(pool.map(work, range(len(leases))))
    assert set(Run.objects.values_list("status", flat=True)) == {"completed"}
    kept = read_rollups(version)
    assert sum(row["scored"] + row["unscored"] for row in kept[1]) == 96
    rebuild_rollups(suite_version_id=version)
    assert read_rollups(version) == kept
