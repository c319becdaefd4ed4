"""What a leaderboard counts and what its evidence shows must be the same."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from apps.accounts.selectors.workspaces import ANONYMOUS
from apps.benchmarks.models import Task
from apps.benchmarks.selectors.evidence import Evidence, get_evidence
from apps.benchmarks.selectors.leaderboard import get_board_version, get_leaderboard
from apps.benchmarks.selectors.shards import get_shard_plan
from apps.benchmarks.selectors.tasks import get_task
from tests.engine.cast import NOW, claim, make_model, make_result, make_run, make_suite
from tests.engine.cast import store as store_under

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

pytestmark = pytest.mark.django_db
LONG_AGO = NOW - timedelta(days=200)


def _answer(version: UUID, model: UUID, *, made: datetime, answered: datetime) -> None:
    lease = claim(make_run(version, model, now=made))
    todo = get_shard_plan(lease.shard_id).todo
    store_under(lease, *(make_result(one, created_at=answered) for one in todo))


def _read(model: UUID, period: str) -> Evidence:
    version = get_board_version(ANONYMOUS, "numbers", now=NOW)
    return get_evidence(version, model, now=NOW, period=period)


@pytest.mark.parametrize("period", ["1d", "7d", "30d"])
def test_answers_of_an_old_run_taken_up_again_are_shown(period: str) -> None:
    version, model = make_suite(3), make_model("http://127.0.0.1:9/v1")
    _answer(version, model, made=LONG_AGO, answered=NOW)
    (row,) = get_leaderboard(ANONYMOUS, "numbers", now=NOW, period=period).rows
    evidence = _read(model, period)
    assert row.samples == evidence.passed == len(evidence.page.rows) == 3
    task = Task.objects.filter(suite_version=version).earliest("position")
    shown = get_task(ANONYMOUS, task.id, now=NOW, period=period)
    assert (shown.models[0].scored, len(shown.recent)) == (1, 1)


def test_answers_of_before_the_period_are_left_out() -> None:
    version, model = make_suite(2), make_model("http://127.0.0.1:9/v1")
    _answer(version, model, made=NOW - timedelta(days=2), answered=NOW)
    _answer(version, model, made=LONG_AGO, answered=NOW - timedelta(days=3))
    (row,) = get_leaderboard(ANONYMOUS, "numbers", now=NOW, period="1d").rows
    evidence = _read(model, "1d")
    assert row.samples == evidence.passed == len(evidence.page.rows) == 2
    task = Task.objects.filter(suite_version=version).earliest("position")
    assert len(get_task(ANONYMOUS, task.id, now=NOW, period="1d").recent) == 1
