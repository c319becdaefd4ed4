from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from asgiref.sync import async_to_sync

from apps.benchmarks.domain.specs import CallsCheck, Step, TaskKind, TaskSpec, Verdict
from apps.benchmarks.models import Result, Run
from apps.benchmarks.pipelines.samples import Desk, grade
from apps.benchmarks.selectors.shards import get_shard_plan
from apps.benchmarks.services.suites import store_suite_version
from apps.catalog.domain.completions import Completion, Outcome
from apps.catalog.pipelines.completions import open_completer
from tests.engine.cast import NOW, claim, clock, make_model, make_run, store

if TYPE_CHECKING:
    from apps.benchmarks.domain.samples import SampleResult
    from apps.benchmarks.gateways.sandbox import Jail, Limits
    from apps.benchmarks.selectors.shards import ShardPlan

pytestmark = pytest.mark.django_db
SPEC = TaskSpec(
    task_id="double/1",
    family="double",
    category="code_generation",
    kind=TaskKind.PYTHON_FUNCTION,
    prompt="Write `double(n)`.",
    entry_point="double",
    check=CallsCheck((Step(args=(2,), expected=4),)),
    reference="def double(n):\n    return 2 * n\n",
    broken=("def double(n):\n    return n\n",),
)
PAID = Completion(
    Outcome.OK,
    text="def double(n):\n    return 2 * n\n",
    input_tokens=12,
    output_tokens=30,
    cost=Decimal("0.25"),
    working_ms=80.0,
)


@dataclass(frozen=True)
class FaultySandbox:
    """Breaks down in a way that nothing foresees."""

    tier: str = "A"
    reason: str = ""

    def open(self, role: str, limits: Limits) -> Jail:
        raise MemoryError(f"no room for a {role} of {limits.memory_mb} MB")


def _grade(plan: ShardPlan) -> SampleResult:
    async def work() -> SampleResult:
        async with open_completer(plan.model, now=NOW) as completer:
            desk = Desk(plan, completer, FaultySandbox(), clock)
            return await grade(desk, plan.todo[0], PAID)

    return async_to_sync(work)()


def test_an_answer_whose_grading_breaks_down_keeps_what_it_cost() -> None:
    version, _ = store_suite_version(slug="d", title="D", specs=(SPEC,), now=NOW)
    run_id = make_run(version, make_model("http://127.0.0.1:9/v1"))
    lease = claim(run_id)
    result = _grade(get_shard_plan(lease.shard_id))
    assert (result.verdict, result.outcome) == (Verdict.UNSCORED, "ok")
    assert result.reason == (
        "internal error: MemoryError: no room for a candidate of 1024 MB"
    )
    store(lease, result)
    stored = Result.objects.get(run=run_id)
    assert (stored.answer, stored.input_tokens, stored.output_tokens) == (
        PAID.text,
        12,
        30,
    )
    assert stored.cost == Run.objects.get(pk=run_id).cost == Decimal("0.25")
