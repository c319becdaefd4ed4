from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from apps.accounts.models import Membership, User, Workspace
from apps.accounts.selectors.workspaces import ANONYMOUS, Viewer, get_viewer
from apps.benchmarks.domain.specs import Verdict
from apps.benchmarks.models import Result, Run, RunStatus, SuiteVersion, Task
from apps.benchmarks.selectors.history import get_model_history
from apps.benchmarks.selectors.leaderboard import get_leaderboard
from apps.benchmarks.selectors.results import get_result, list_results
from apps.benchmarks.selectors.runs import get_run, list_active_runs, list_runs
from apps.benchmarks.selectors.shards import get_shard_plan
from apps.benchmarks.selectors.suites import SYSTEM
from apps.benchmarks.selectors.summary import get_run_summary
from apps.benchmarks.selectors.tasks import get_task
from apps.benchmarks.services.suites import store_suite_version
from apps.core.errors import NotFoundError
from tests.engine.cast import (
    NOW,
    claim,
    make_model,
    make_result,
    make_run,
    make_specs,
    make_suite,
    store,
)
from tests.on_demand.cast import entitle

if TYPE_CHECKING:
    from uuid import UUID

pytestmark = pytest.mark.django_db
NOWHERE = "http://127.0.0.1:9/v1"


def _fill(run_id: UUID, *verdicts: Verdict) -> None:
    lease = claim(run_id)
    todo = get_shard_plan(lease.shard_id).todo
    store(
        lease,
        *(
            make_result(one, verdict, created_at=NOW)
            for one, verdict in zip(todo, verdicts, strict=False)
        ),
    )


def _make_member(workspace: Workspace) -> Viewer:
    user = User.objects.create_user("member@example.com")
    Membership.objects.create(workspace=workspace, user=user)
    entitle(workspace.id, "private_suites")
    return get_viewer(user, NOW)


@pytest.mark.parametrize("is_public", [True, False])
def test_a_run_of_a_workspace_is_its_members_alone(is_public: bool) -> None:  # noqa: FBT001
    workspace = Workspace.objects.create(name="W")
    version = make_suite(1, workspace_id=workspace.id, is_public=is_public)
    run_id = make_run(version, make_model(NOWHERE), workspace_id=workspace.id)
    _fill(run_id, Verdict.PASS)
    stranger = get_viewer(User.objects.create_user("stranger@example.com"), NOW)
    for viewer in (ANONYMOUS, stranger):
        with pytest.raises(NotFoundError):
            get_run(viewer, run_id)
        with pytest.raises(NotFoundError):
            list_results(viewer, run_id)
        with pytest.raises(NotFoundError):
            get_run_summary(viewer, run_id)
        assert list_runs(viewer).rows == ()
    for viewer in (_make_member(workspace), SYSTEM):
        assert get_run(viewer, run_id).run.id == run_id
        assert len(list_results(viewer, run_id).rows) == 1


def test_a_run_that_nobody_owns_over_a_private_suite_is_still_private() -> None:
    workspace = Workspace.objects.create(name="W")
    version = make_suite(1)
    run_id = make_run(version, make_model(NOWHERE))
    suite = SuiteVersion.objects.get(pk=version).suite
    suite.workspace, suite.is_public = workspace, False
    suite.save()
    with pytest.raises(NotFoundError):
        get_run(ANONYMOUS, run_id)
    assert get_run(_make_member(workspace), run_id).run.workspace_id is None


def test_private_answers_do_not_show_on_the_page_of_a_public_task() -> None:
    workspace = Workspace.objects.create(name="W")
    version, model = make_suite(1), make_model(NOWHERE)
    _fill(make_run(version, model, now=NOW), Verdict.PASS)
    _fill(make_run(version, model, now=NOW, workspace_id=workspace.id), Verdict.FAIL)
    task_id = Task.objects.get(suite_version=version).id
    shown = get_task(ANONYMOUS, task_id, now=NOW)
    assert [row.verdict for row in shown.recent] == ["pass"]
    assert [(row.model, row.scored, row.mean) for row in shown.models] == [
        ("fake/m", 1, 1.0)
    ]
    member = get_task(_make_member(workspace), task_id, now=NOW)
    assert {row.verdict for row in member.recent} == {"pass", "fail"}
    with pytest.raises(NotFoundError):
        get_task(ANONYMOUS, uuid4(), now=NOW)


def test_runs_are_paged_from_the_newest() -> None:
    version, model = make_suite(1), make_model(NOWHERE)
    made = [make_run(version, model) for _ in range(5)]
    first = list_runs(ANONYMOUS, limit=3)
    rest = list_runs(ANONYMOUS, limit=3, cursor=first.next_cursor)
    assert [row.id for row in first.rows + rest.rows] == made[::-1]
    assert rest.next_cursor is None
    assert list_runs(ANONYMOUS, suite_slug="other").rows == ()
    assert len(list_runs(ANONYMOUS, model_id=model, status="queued").rows) == 5
    assert [row.id for row in list_active_runs(ANONYMOUS, limit=2)] == made[:2:-1]
    Run.objects.update(status=RunStatus.COMPLETED)
    assert list_active_runs(ANONYMOUS) == ()


def test_results_are_paged_and_filtered() -> None:
    run_id = make_run(make_suite(5), make_model(NOWHERE))
    _fill(run_id, *[Verdict.PASS, Verdict.FAIL] * 2, Verdict.UNSCORED)
    first = list_results(ANONYMOUS, run_id, limit=3)
    rest = list_results(ANONYMOUS, run_id, limit=3, cursor=first.next_cursor)
    assert [row.task for row in first.rows + rest.rows] == [
        f"number/{n}" for n in range(5)
    ]
    assert rest.next_cursor is None
    assert len(list_results(ANONYMOUS, run_id, verdict="fail").rows) == 2
    assert list_results(ANONYMOUS, run_id, model=uuid4()).rows == ()


def test_a_result_is_shown_with_every_attempt_at_its_sample() -> None:
    run_id = make_run(make_suite(1), make_model(NOWHERE))
    lease = claim(run_id)
    (todo,) = get_shard_plan(lease.shard_id).todo
    store(lease, make_result(todo, Verdict.UNSCORED))
    store(lease, make_result(type(todo)(todo.key, 2), Verdict.PASS))
    final = Result.objects.get(run=run_id, is_final=True)
    detail = get_result(ANONYMOUS, run_id, final.id)
    assert detail.result.attempt == 2
    assert [row.verdict for row in detail.attempts] == ["unscored", "pass"]
    with pytest.raises(NotFoundError):
        get_result(ANONYMOUS, run_id, uuid4())


def test_a_history_tells_days_runs_and_families() -> None:
    version, model = make_suite(4), make_model(NOWHERE)
    run_id = make_run(version, model, now=NOW)
    _fill(run_id, Verdict.PASS, Verdict.PASS, Verdict.FAIL, Verdict.UNSCORED)
    history = get_model_history(ANONYMOUS, model, period="30d", now=NOW)
    (day,) = history.days
    assert (day.day, day.n, day.samples, day.unscored) == (NOW.date(), 3, 3, 1)
    assert day.mean == pytest.approx(2 / 3)
    (run,) = history.runs
    assert (run.run_id, run.samples, run.mean) == (run_id, 3, day.mean)
    families = {row.family: (row.mean, row.n) for row in history.families}
    assert families == {
        "Family 0": (1.0, 1),
        "Family 1": (1.0, 1),
        "Family 2": (0.0, 1),
    }


def test_a_day_of_a_history_has_the_interval_of_the_leaderboard() -> None:
    version, _ = store_suite_version(
        slug="numbers", title="N", specs=make_specs(20, families=5), now=NOW
    )
    model = make_model(NOWHERE)
    marks = [Verdict.FAIL, *[Verdict.PASS] * 13, *[Verdict.FAIL] * 6]
    _fill(make_run(version, model, now=NOW), *marks)
    (row,) = get_leaderboard(ANONYMOUS, "numbers", now=NOW).rows
    (day,) = get_model_history(ANONYMOUS, model, now=NOW).days
    assert (day.mean, day.n) == (row.mean, row.n)
    assert [day.ci_low, day.ci_high] == pytest.approx([row.ci_low, row.ci_high])


def test_repeats_of_a_task_do_not_narrow_the_interval_of_a_run() -> None:
    version, model = make_suite(2), make_model(NOWHERE)
    for epochs in (1, 50):
        run_id = make_run(version, model, epochs=epochs, now=NOW)
        _fill(run_id, *[Verdict.PASS, Verdict.FAIL] * epochs)
    many, once = get_model_history(ANONYMOUS, model, now=NOW).runs
    assert (many.mean, many.samples) == (0.5, 100)
    assert (many.ci_low, many.ci_high) == (None, None)
    assert (once.mean, once.samples) == (0.5, 2)
    assert [once.ci_low, once.ci_high] == pytest.approx([0.0945, 0.9055], abs=1e-4)


def test_a_suite_made_private_leaves_no_trace_in_a_strangers_history() -> None:
    workspace = Workspace.objects.create(name="W")
    version, model = make_suite(2), make_model(NOWHERE)
    _fill(make_run(version, model, now=NOW), Verdict.PASS, Verdict.FAIL)
    suite = SuiteVersion.objects.get(pk=version).suite
    suite.workspace, suite.is_public = workspace, False
    suite.save()
    stranger = get_viewer(User.objects.create_user("stranger@example.com"), NOW)
    for viewer in (ANONYMOUS, stranger):
        history = get_model_history(viewer, model, period="30d", now=NOW)
        assert (history.days, history.runs, history.families) == ((), (), ())
    history = get_model_history(_make_member(workspace), model, now=NOW)
    shown = len(history.days), len(history.runs), len(history.families)
    assert shown == (1, 1, 2)


def test_a_summary_says_what_a_run_came_to() -> None:
    run_id = make_run(make_suite(4), make_model(NOWHERE))
    _fill(run_id, Verdict.PASS, Verdict.PASS, Verdict.FAIL, Verdict.UNSCORED)
    summary = get_run_summary(ANONYMOUS, run_id)
    (model,) = summary.models
    assert model.mean == pytest.approx(2 / 3)
    assert (model.n, model.unscored) == (3, 1)
    (reason,) = summary.unscored
    assert (reason.model, reason.outcome, reason.samples) == (
        "fake/m",
        "upstream_failed",
        1,
    )
    assert sum(row.scored for row in summary.families) == 3


def test_a_cost_that_one_answer_does_not_tell_is_unknown() -> None:
    run_id = make_run(make_suite(2), make_model(NOWHERE))
    lease = claim(run_id)
    first, second = get_shard_plan(lease.shard_id).todo
    store(lease, make_result(first))
    assert get_run_summary(ANONYMOUS, run_id).cost is not None
    store(lease, make_result(second, cost=None))
    summary = get_run_summary(ANONYMOUS, run_id)
    assert (summary.cost, summary.models[0].cost) == (None, None)
